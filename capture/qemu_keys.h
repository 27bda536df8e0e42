/*
 * qemu_keys.h - USB HID usages as QEMU numbers keys: codes of the PC's first
 * set, with 0x80 where that has the prefix E0.
 */
#ifndef ORL_QEMU_KEYS_H
#define ORL_QEMU_KEYS_H

#include <stdint.h>

/* 0 when there is none. */
uint8_t orl_qemu_key(uint32_t usage);

#endif
