/* Packets of the treadwear sensor, profile v1, for firmware: C99, no allocation, no
   assumption on the byte order or alignment of the machine. Layouts: treadwear_packet.h,
   which is generated; the Python twin is firmware_config/packet.py, and
   tests/firmware_config/test_c_packets.py holds the two against each other. */
#include "treadwear_packet.h"

#include <math.h>
#include <string.h>

#define SIDES 4

static uint8_t *put_u8(uint8_t *at, uint8_t value)
{
    *at = value;
    return at + 1;
}

static uint8_t *put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value & 0xff);
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    at = put_u16(at, (uint16_t)(value & 0xffff));
    return put_u16(at, (uint16_t)(value >> 16));
}

static uint8_t *put_f32(uint8_t *at, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return put_u32(at, bits);
}

/* Text of at most `size` characters, padded with zeros. */
static uint8_t *put_text(uint8_t *at, const char *text, size_t size)
{
    size_t i;
    int has_ended = 0;
    for (i = 0; i < size; i++) {
        has_ended = has_ended || text[i] == '\0';
        at[i] = has_ended ? 0 : (uint8_t)text[i];
    }
    return at + size;
}

static uint16_t get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (uint16_t)(at[1] << 8));
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)get_u16(at) | ((uint32_t)get_u16(at + 2) << 16);
}

static float get_f32(const uint8_t *at)
{
    uint32_t bits = get_u32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Two's complement, without a conversion that the compiler may define. */
static int16_t get_i16(const uint8_t *at)
{
    int32_t value = get_u16(at);
    return (int16_t)(value < 0x8000 ? value : value - 0x10000);
}

/* 1 if it is printable ASCII and, after its end, zeros only. */
static int get_text(char *text, const uint8_t *at, size_t size)
{
    size_t i;
    size_t used = size;
    while (used > 0 && at[used - 1] == 0) {
        used--;
    }
    for (i = 0; i < size; i++) {
        if (i < used && (at[i] < 0x20 || at[i] >= 0x7f)) {
            return 0;
        }
        text[i] = (char)at[i];
    }
    text[size] = '\0';
    return 1;
}

static int is_text(const char *text, size_t size)
{
    size_t i;
    for (i = 0; i <= size; i++) {
        if (text[i] == '\0') {
            return 1;
        }
        if ((uint8_t)text[i] < 0x20 || (uint8_t)text[i] >= 0x7f) {
            return 0;
        }
    }
    return 0;
}

static int is_size(float value)
{
    return isfinite(value) && value > 0;
}

static int is_info(const struct tw_info *info)
{
    return info->version == TW_PROFILE_VERSION && info->side < SIDES
        && info->samples_per_packet >= 1
        && info->samples_per_packet <= TW_MAX_SAMPLES && is_size(info->rate_hz)
        && is_size(info->acc_g_per_lsb) && is_size(info->gyro_dps_per_lsb)
        && is_text(info->serial, sizeof info->serial - 1)
        && is_text(info->imu, sizeof info->imu - 1);
}

size_t tw_data_encode(const struct tw_data *data, uint8_t *out, size_t room)
{
    uint8_t *at = out;
    size_t i;
    size_t axis;
    size_t need = TW_DATA_HEAD_BYTES + (size_t)data->n * 2 * TW_AXES;
    if (data->n < 1 || data->n > TW_MAX_SAMPLES || room < need) {
        return 0;
    }
    at = put_u16(at, data->seq);
    at = put_u32(at, data->first_us);
    at = put_u8(at, data->n);
    at = put_u8(at, data->flags);
    for (i = 0; i < data->n; i++) {
        for (axis = 0; axis < TW_AXES; axis++) {
            at = put_u16(at, (uint16_t)data->counts[i][axis]);
        }
    }
    return need;
}

int tw_data_decode(struct tw_data *data, const uint8_t *in, size_t length)
{
    size_t i;
    size_t axis;
    if (length < TW_DATA_HEAD_BYTES) {
        return 0;
    }
    data->seq = get_u16(in);
    data->first_us = get_u32(in + 2);
    data->n = in[6];
    data->flags = in[7];
    if (data->n < 1 || data->n > TW_MAX_SAMPLES
        || length != TW_DATA_HEAD_BYTES + (size_t)data->n * 2 * TW_AXES) {
        return 0;
    }
    in += TW_DATA_HEAD_BYTES;
    for (i = 0; i < data->n; i++) {
        for (axis = 0; axis < TW_AXES; axis++) {
            data->counts[i][axis] = get_i16(in);
            in += 2;
        }
    }
    return 1;
}

/* Bytes of a command or reply; 0 for an opcode that there is not. */
static size_t bytes_of(uint8_t opcode)
{
    switch (opcode) {
    case TW_OP_START:
        return TW_START_BYTES;
    case TW_OP_STOP:
        return TW_STOP_BYTES;
    case TW_OP_CONFIGURE:
        return TW_CONFIGURE_BYTES;
    case TW_OP_BLINK:
        return TW_BLINK_BYTES;
    case TW_OP_PING:
        return TW_PING_BYTES;
    case TW_OP_RESEND:
        return TW_RESEND_BYTES;
    case TW_OP_PONG:
        return TW_PONG_BYTES;
    case TW_OP_NOT_THERE:
        return TW_NOT_THERE_BYTES;
    default:
        return 0;
    }
}

size_t tw_control_encode(const struct tw_control *said, uint8_t *out, size_t room)
{
    uint8_t *at = out;
    size_t need = bytes_of(said->opcode);
    if (need == 0 || room < need) {
        return 0;
    }
    at = put_u8(at, said->opcode);
    switch (said->opcode) {
    case TW_OP_CONFIGURE:
        at = put_u16(at, said->with.configure.rate_hz);
        at = put_u8(at, said->with.configure.acc_range_g);
        (void)put_u16(at, said->with.configure.gyro_range_dps);
        break;
    case TW_OP_BLINK:
        (void)put_u8(at, said->with.blink.seconds);
        break;
    case TW_OP_PING:
        (void)put_u32(at, said->with.ping.token);
        break;
    case TW_OP_RESEND:
        at = put_u16(at, said->with.resend.first_seq);
        (void)put_u16(at, said->with.resend.count);
        break;
    case TW_OP_PONG:
        at = put_u32(at, said->with.pong.token);
        (void)put_u32(at, said->with.pong.device_us);
        break;
    case TW_OP_NOT_THERE:
        at = put_u16(at, said->with.not_there.first_seq);
        (void)put_u16(at, said->with.not_there.count);
        break;
    default:
        break;
    }
    return need;
}

static int control_decode(struct tw_control *said, const uint8_t *in, size_t length)
{
    if (length < 1 || bytes_of(in[0]) != length) {
        return 0;
    }
    said->opcode = in[0];
    in++;
    switch (said->opcode) {
    case TW_OP_CONFIGURE:
        said->with.configure.rate_hz = get_u16(in);
        said->with.configure.acc_range_g = in[2];
        said->with.configure.gyro_range_dps = get_u16(in + 3);
        break;
    case TW_OP_BLINK:
        said->with.blink.seconds = in[0];
        break;
    case TW_OP_PING:
        said->with.ping.token = get_u32(in);
        break;
    case TW_OP_RESEND:
        said->with.resend.first_seq = get_u16(in);
        said->with.resend.count = get_u16(in + 2);
        break;
    case TW_OP_PONG:
        said->with.pong.token = get_u32(in);
        said->with.pong.device_us = get_u32(in + 4);
        break;
    case TW_OP_NOT_THERE:
        said->with.not_there.first_seq = get_u16(in);
        said->with.not_there.count = get_u16(in + 2);
        break;
    default:
        break;
    }
    return 1;
}

int tw_command_decode(struct tw_control *said, const uint8_t *in, size_t length)
{
    return length >= 1 && in[0] < 0x80 && control_decode(said, in, length);
}

int tw_reply_decode(struct tw_control *said, const uint8_t *in, size_t length)
{
    return length >= 1 && in[0] >= 0x80 && control_decode(said, in, length);
}

size_t tw_info_encode(const struct tw_info *info, uint8_t *out, size_t room)
{
    uint8_t *at = out;
    if (room < TW_INFO_BYTES || !is_info(info)) {
        return 0;
    }
    at = put_u8(at, info->version);
    at = put_u8(at, info->side);
    at = put_u16(at, info->ring_packets);
    at = put_u32(at, info->boot_id);
    at = put_f32(at, info->rate_hz);
    at = put_f32(at, info->acc_g_per_lsb);
    at = put_f32(at, info->gyro_dps_per_lsb);
    at = put_u8(at, info->samples_per_packet);
    at = put_u8(at, info->fw_major);
    at = put_u8(at, info->fw_minor);
    at = put_u8(at, 0);
    at = put_text(at, info->serial, sizeof info->serial - 1);
    (void)put_text(at, info->imu, sizeof info->imu - 1);
    return TW_INFO_BYTES;
}

int tw_info_decode(struct tw_info *info, const uint8_t *in, size_t length)
{
    if (length != TW_INFO_BYTES) {
        return 0;
    }
    info->version = in[0];
    info->side = in[1];
    info->ring_packets = get_u16(in + 2);
    info->boot_id = get_u32(in + 4);
    info->rate_hz = get_f32(in + 8);
    info->acc_g_per_lsb = get_f32(in + 12);
    info->gyro_dps_per_lsb = get_f32(in + 16);
    info->samples_per_packet = in[20];
    info->fw_major = in[21];
    info->fw_minor = in[22];
    return get_text(info->serial, in + 24, sizeof info->serial - 1)
        && get_text(info->imu, in + 32, sizeof info->imu - 1) && is_info(info);
}
