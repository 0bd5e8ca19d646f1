/*
 * crc32c.h
 *	  CRC-32C (Castagnoli), the checksum of the spool's files.  Pure.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CRC32C_H
#define WALPOST_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * The checksum of len bytes.  crc is 0, or what the bytes before them gave:
 * crc32c(crc32c(0, a), b) is that of a and b in one.
 */
extern uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

#endif							/* WALPOST_CRC32C_H */
