/* SPDX-License-Identifier: MIT */
/*
 * seam.h - where the two halves of the harness meet: the kernel half, which is compiled like
 * kernel code and sees neither libc nor sv3, and the host half, which sees no kernel.
 *
 * Plain C types only, no includes. The hardware itself is behind hw.h.
 */
#ifndef SV3_LINUX_SEAM_H
#define SV3_LINUX_SEAM_H

#include "hw.h"

/* Which checker this is compiled for; compilers tell in two ways. */
#ifdef __has_feature
#define SEAM_HAS(feature) __has_feature(feature)
#else
#define SEAM_HAS(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || SEAM_HAS(thread_sanitizer)
#define SEAM_TSAN 1
#endif
#if defined(__SANITIZE_ADDRESS__) || SEAM_HAS(address_sanitizer)
#define SEAM_ASAN 1
#endif

/* --- memory --- */

/** The physical window: [seam_window_pa, + seam_window_size) stands at seam_window. */
extern char *seam_window;
extern unsigned long long seam_window_pa, seam_window_size;
/** An address range that faults when touched; its offsets are those of registers. */
extern char *seam_registers;

/** seam_pages_alloc - 1 << @order pages of the window, aligned to their size, zeroed; NULL: none.
 */
void *seam_pages_alloc(unsigned int order);
void seam_pages_free(void *pages, unsigned int order);
/** Pages that were handed out and not freed. */
unsigned long seam_pages_used(void);
/** seam_alloc - memory of the host, zeroed; never NULL. */
void *seam_alloc(unsigned long size);
void *seam_realloc(void *block, unsigned long size);
void seam_free(void *block);
/** Blocks that were handed out and not freed. */
unsigned long seam_blocks_used(void);

/* --- time and waiting --- */

/** Virtual with one thread, so that time-outs take no time; real with several. */
unsigned long long seam_now_ns(void);
/** seam_pause - @ns go by, and the hardware goes on. */
void seam_pause(unsigned long long ns);
/** seam_wait - let other threads go on; alone, to wait is a deadlock, and the end. */
void seam_wait(const char *what);

/* --- messages --- */

void seam_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Whether a message with @part in it was logged since seam_log_forget(). */
_Bool seam_logged(const char *part);
void seam_log_forget(void);
void seam_warn(const char *file, int line, const char *what);
unsigned long seam_warnings(void);
__attribute__((noreturn)) void seam_bug(const char *file, int line);

/* --- watching the kernel --- */

/** Called behind each store that the kernel marks as one that others may see; NULL: nobody asks. */
extern void (*seam_stored)(const volatile void *where);
/** Called when hardware may have raised interrupts and handlers may run. */
extern void (*seam_interrupts)(void);
/** The word all barriers share under ThreadSanitizer. */
extern int seam_fence;

/* --- threads --- */

#define SEAM_THREADS_MAX 8
/** seam_run_threads - call @body with 0 .. @count - 1, each in a thread; returns when all did. */
void seam_run_threads(unsigned int count, void (*body)(unsigned int index));

/* --- rows: what a case expects and what it saw --- */

void seam_row(const char *name, unsigned long long expected, unsigned long long seen);
/** The same with words. */
void seam_row_text(const char *name, const char *expected, const char *seen);
/** seam_end - the case cannot go on. */
__attribute__((noreturn)) void seam_end(void);
/** A figure that has no expectation of its own. */
void seam_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** A case: its rows are printed while it runs. The table ends with a row of NULLs. */
struct seam_case {
	const char *name, *about;
	void (*run)(void);
};
extern const struct seam_case seam_cases[];

#endif
