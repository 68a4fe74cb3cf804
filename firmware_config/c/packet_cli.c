/* Reads lines `data|command|reply|info HEX`, decodes each with treadwear_packet.c and
   prints the bytes of the same message encoded again, then its values; "refused" for
   bytes that are no such message. The tests compare that with Python. */
#include "treadwear_packet.h"

#include <stdio.h>
#include <string.h>

#define LINE_BYTES 2048
#define MOST_BYTES 512

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_hex(const char *text, uint8_t *out, size_t *length)
{
    *length = 0;
    while (digit(text[0]) >= 0 && digit(text[1]) >= 0) {
        if (*length == MOST_BYTES) {
            return 0;
        }
        out[(*length)++] = (uint8_t)(digit(text[0]) * 16 + digit(text[1]));
        text += 2;
    }
    return *text == '\0';
}

static void print_hex(const uint8_t *bytes, size_t length)
{
    size_t i;
    for (i = 0; i < length; i++) {
        printf("%02x", (unsigned)bytes[i]);
    }
}

static int say_data(const uint8_t *in, size_t length)
{
    struct tw_data data;
    uint8_t again[TW_DATA_MOST_BYTES];
    size_t i;
    if (!tw_data_decode(&data, in, length)) {
        return 0;
    }
    print_hex(again, tw_data_encode(&data, again, sizeof again));
    printf(" %u %lu %u %u", (unsigned)data.seq, (unsigned long)data.first_us,
           (unsigned)data.n, (unsigned)data.flags);
    for (i = 0; i < (size_t)data.n * TW_AXES; i++) {
        printf(" %d", (int)data.counts[i / TW_AXES][i % TW_AXES]);
    }
    return 1;
}

static int say_control(const char *kind, const uint8_t *in, size_t length)
{
    struct tw_control said;
    uint8_t again[MOST_BYTES];
    int is_good = strcmp(kind, "command") == 0 ? tw_command_decode(&said, in, length)
                                               : tw_reply_decode(&said, in, length);
    if (!is_good) {
        return 0;
    }
    print_hex(again, tw_control_encode(&said, again, sizeof again));
    printf(" %u", (unsigned)said.opcode);
    if (said.opcode == TW_OP_CONFIGURE) {
        printf(" %u %u %u", (unsigned)said.with.configure.rate_hz,
               (unsigned)said.with.configure.acc_range_g,
               (unsigned)said.with.configure.gyro_range_dps);
    } else if (said.opcode == TW_OP_BLINK) {
        printf(" %u", (unsigned)said.with.blink.seconds);
    } else if (said.opcode == TW_OP_PING) {
        printf(" %lu", (unsigned long)said.with.ping.token);
    } else if (said.opcode == TW_OP_RESEND) {
        printf(" %u %u", (unsigned)said.with.resend.first_seq,
               (unsigned)said.with.resend.count);
    } else if (said.opcode == TW_OP_PONG) {
        printf(" %lu %lu", (unsigned long)said.with.pong.token,
               (unsigned long)said.with.pong.device_us);
    } else if (said.opcode == TW_OP_NOT_THERE) {
        printf(" %u %u", (unsigned)said.with.not_there.first_seq,
               (unsigned)said.with.not_there.count);
    }
    return 1;
}

static int say_info(const uint8_t *in, size_t length)
{
    struct tw_info info;
    uint8_t again[TW_INFO_BYTES];
    if (!tw_info_decode(&info, in, length)) {
        return 0;
    }
    print_hex(again, tw_info_encode(&info, again, sizeof again));
    printf(" %u %u %u %lu %.9g %.9g %.9g %u %u %u [%s] [%s]", (unsigned)info.version,
           (unsigned)info.side, (unsigned)info.ring_packets,
           (unsigned long)info.boot_id, (double)info.rate_hz,
           (double)info.acc_g_per_lsb, (double)info.gyro_dps_per_lsb,
           (unsigned)info.samples_per_packet, (unsigned)info.fw_major,
           (unsigned)info.fw_minor, info.serial, info.imu);
    return 1;
}

static int say(const char *kind, const uint8_t *in, size_t length)
{
    if (strcmp(kind, "data") == 0) {
        return say_data(in, length);
    }
    if (strcmp(kind, "info") == 0) {
        return say_info(in, length);
    }
    return say_control(kind, in, length);
}

int main(void)
{
    char line[LINE_BYTES];
    uint8_t bytes[MOST_BYTES];
    size_t length;
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *hex = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        if (hex == NULL) {
            fprintf(stderr, "no kind and hex in: %s\n", line);
            return 2;
        }
        *hex++ = '\0';
        if (!read_hex(hex, bytes, &length)) {
            fprintf(stderr, "no hex: %s\n", hex);
            return 2;
        }
        if (!say(line, bytes, length)) {
            printf("refused");
        }
        printf("\n");
    }
    return 0;
}
