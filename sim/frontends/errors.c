/* SPDX-License-Identifier: MIT */
/*
 * errors.c - errors of front ends: their names, and what a kernel would say for ours.
 */
#include "frontends_priv.h"

const char *sv3_kernel_error_name(int error)
{
	switch (error < 0 ? -(int64_t)error : error) {
#define X(name, number) \
	case number:    \
		return #name;
		SV3_KERNEL_ERROR_MAP(X)
#undef X
	default:
		return "?";
	}
}

int sv3__kernel_error(int64_t result)
{
	if (result >= 0)
		return 0;
	switch ((enum sv3_error) - result) {
	case SV3_ERR_NOMEM:
		return -SV3_ENOMEM;
	case SV3_ERR_EXIST:
		return -SV3_EEXIST;
	case SV3_ERR_NOENT:
		return -SV3_ENOENT;
	case SV3_ERR_RANGE:
	case SV3_ERR_INVAL:
		return -SV3_EINVAL;
	case SV3_ERR_TIMEOUT:
		return -SV3_ETIMEDOUT;
	default: /* the bus aborts, the queue stopped on an error */
		return -SV3_EIO;
	}
}
