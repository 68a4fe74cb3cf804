/* Generated from firmware_config/messages.py: edit that instead. */
#ifndef TREADWEAR_PACKET_H
#define TREADWEAR_PACKET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TW_SERVICE_UUID "a3c87500-8ed3-4bdf-8a39-a01bebede295"
#define TW_DATA_UUID "a3c87501-8ed3-4bdf-8a39-a01bebede295"
#define TW_CONTROL_UUID "a3c87502-8ed3-4bdf-8a39-a01bebede295"
#define TW_INFO_UUID "a3c87503-8ed3-4bdf-8a39-a01bebede295"

#define TW_PROFILE_VERSION 1
#define TW_AXES 6
#define TW_MAX_SAMPLES 19
#define TW_DATA_HEAD_BYTES 8
#define TW_DATA_MOST_BYTES 236
#define TW_INFO_BYTES 48
#define TW_FLAG_RESENT 1
#define TW_FLAG_CLIPPED 2
#define TW_FLAG_OVERFLOW 4
#define TW_ATT_UNKNOWN 0x80
#define TW_ATT_NOT_OFFERED 0x81
#define TW_ATT_STREAMING 0x82
#define TW_OP_START 0x01
#define TW_START_BYTES 1
#define TW_OP_STOP 0x02
#define TW_STOP_BYTES 1
#define TW_OP_CONFIGURE 0x03
#define TW_CONFIGURE_BYTES 6
#define TW_OP_BLINK 0x04
#define TW_BLINK_BYTES 2
#define TW_OP_PING 0x05
#define TW_PING_BYTES 5
#define TW_OP_RESEND 0x06
#define TW_RESEND_BYTES 5
#define TW_OP_PONG 0x85
#define TW_PONG_BYTES 9
#define TW_OP_NOT_THERE 0x86
#define TW_NOT_THERE_BYTES 5

struct tw_data {
    uint16_t seq; /* counts packets, also while nobody listens */
    uint32_t first_us; /* device clock of the first sample, wraps at 2^32 */
    uint8_t n; /* samples that follow, 1 to 19 */
    uint8_t flags; /* 1 resent, 2 clipped, 4 packets before it were dropped */
    int16_t counts[TW_MAX_SAMPLES][TW_AXES]; /* ax ay az gx gy gz */
};

struct tw_configure {
    uint16_t rate_hz; /* nominal samples a second */
    uint8_t acc_range_g; /* full scale of the accelerometer, g */
    uint16_t gyro_range_dps; /* full scale of the gyroscope, deg/s */
};

struct tw_blink {
    uint8_t seconds; /* for how long */
};

struct tw_ping {
    uint32_t token; /* any number, comes back in the pong */
};

struct tw_resend {
    uint16_t first_seq; /* first packet */
    uint16_t count; /* how many packets from there on */
};

struct tw_pong {
    uint32_t token; /* any number, comes back in the pong */
    uint32_t device_us; /* device clock when the ping came in */
};

struct tw_not_there {
    uint16_t first_seq; /* first packet */
    uint16_t count; /* how many packets from there on */
};

struct tw_info {
    uint8_t version; /* of this profile, 1 */
    uint8_t side; /* 0 unknown, 1 left, 2 right, 3 hip */
    uint16_t ring_packets; /* packets that can be sent again */
    uint32_t boot_id; /* random at each start: another one is a reboot */
    float rate_hz; /* nominal rate as set */
    float acc_g_per_lsb; /* datasheet size of a count as set, g */
    float gyro_dps_per_lsb; /* datasheet size of a count as set, deg/s */
    uint8_t samples_per_packet; /* most samples of a data packet */
    uint8_t fw_major; /* firmware */
    uint8_t fw_minor; /* firmware */
    char serial[8 + 1]; /* ASCII, padded with zeros */
    char imu[16 + 1]; /* part number, ASCII, padded with zeros */
};

/* A command or a reply; those without fields are their opcode alone. */
struct tw_control {
    uint8_t opcode;
    union {
        struct tw_configure configure;
        struct tw_blink blink;
        struct tw_ping ping;
        struct tw_resend resend;
        struct tw_pong pong;
        struct tw_not_there not_there;
    } with;
};

/* Encoders give the number of bytes written, or 0 if the message cannot be said or does
   not fit into `room`. Decoders give 1, or 0 for bytes that are no such message; then
   what they point to is undefined. None of them keeps or allocates anything. */
size_t tw_data_encode(const struct tw_data *data, uint8_t *out, size_t room);
int tw_data_decode(struct tw_data *data, const uint8_t *in, size_t length);
size_t tw_control_encode(const struct tw_control *said, uint8_t *out, size_t room);
int tw_command_decode(struct tw_control *said, const uint8_t *in, size_t length);
int tw_reply_decode(struct tw_control *said, const uint8_t *in, size_t length);
size_t tw_info_encode(const struct tw_info *info, uint8_t *out, size_t room);
int tw_info_decode(struct tw_info *info, const uint8_t *in, size_t length);

#ifdef __cplusplus
}
#endif

#endif
