/*
 * intake_private.h
 *	  What the files of the intake share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_INTAKE_PRIVATE_H
#define WALPOST_INTAKE_PRIVATE_H

#include "intake.h"

/* Counts an event of the buffer that is being read for a unit that is open. */
extern void intake_pin(Intake *intake, uint64_t unit, const FrameEvent *event, uint32_t route);

/* Queues it. */
extern void intake_queue(Intake *intake, const FrameEvent *event, uint32_t route);

#endif							/* WALPOST_INTAKE_PRIVATE_H */
