/*
 * decimalformat.h
 *	  JsonConverter's decimal.format=NUMERIC: decimals as numbers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_DECIMALFORMAT_H
#define WALPOST_DECIMALFORMAT_H

#include "shape.h"

/*
 * The same with Connect's Decimals as numbers, their defaults in schemas as well; in
 * CurrentMemoryContext, sharing what has none.
 */
extern Shape *decimalformat_numbers(Shape *shape);

#endif							/* WALPOST_DECIMALFORMAT_H */
