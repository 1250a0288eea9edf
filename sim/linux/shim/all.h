/* SPDX-License-Identifier: MIT */
/*
 * all.h - what kernel files find of a kernel here: our own headers, in the order they need.
 *
 * Included on the command line before any kernel file, so that the kernel's include lines have
 * nothing left to do: those that name our subjects find empty files, the others
 * (sim/linux/lists.mk) real headers. Own words throughout: what a name means was read from the
 * kernel's documentation and from its use.
 */
#ifndef SV3_LINUX_ALL_H
#define SV3_LINUX_ALL_H

/* clang-format off */
#include "compiler.h"
#include "types.h"
#include "atomic.h"
#include "bits.h"
#include "log.h"
#include "lock.h"
#include "time.h"
#include "page.h"
#include "slab.h"
#include "uaccess.h"
#include "id.h"
#include "object.h"
#include "device.h"
#include "platform.h"
#include "irq.h"
#include "io.h"
#include "pci.h"
#include "mm.h"
#include "iort.h"
#include "core.h"
/* clang-format on */

#endif
