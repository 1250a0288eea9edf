/* SPDX-License-Identifier: MIT */
/* seam.c - time, waiting, threads and messages of the kernel half. */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host.h"

void (*seam_stored)(const volatile void *where);
void (*seam_interrupts)(void);
int seam_fence;

/* --- time --- */

bool host_is_threaded;
static unsigned long long virtual_ns;

unsigned long long seam_now_ns(void)
{
	struct timespec now;

	if (!host_is_threaded)
		return virtual_ns;
	clock_gettime(CLOCK_MONOTONIC, &now);
	/* Ten times slower: a CPU here may be held up by others for longer than a driver waits. */
	return (unsigned long long)now.tv_sec * 100000000u + (unsigned long long)now.tv_nsec / 10;
}

void seam_pause(unsigned long long ns)
{
	if (!host_is_threaded)
		virtual_ns += ns;
	else
		sched_yield();
	hw_step();
}

void seam_wait(const char *what)
{
	if (!host_is_threaded) {
		printf("FAIL %s: deadlock: one thread waits for %s\n", host_case_name, what);
		exit(HOST_EXIT_FAILED);
	}
	sched_yield();
}

/* --- threads --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void (*thread_body)(unsigned int index);

void host_lock(void)
{
	pthread_mutex_lock(&lock);
#ifdef SEAM_TSAN
	/* See shim/compiler.h: what kernel code ordered by a barrier, hardware sees. */
	__atomic_fetch_add(&seam_fence, 0, __ATOMIC_ACQ_REL);
#endif
}

void host_unlock(void)
{
#ifdef SEAM_TSAN
	__atomic_fetch_add(&seam_fence, 0, __ATOMIC_ACQ_REL);
#endif
	pthread_mutex_unlock(&lock);
}

static void *thread_main(void *index)
{
	thread_body((unsigned int)(uintptr_t)index);
	return NULL;
}

void seam_run_threads(unsigned int count, void (*body)(unsigned int index))
{
	pthread_t threads[SEAM_THREADS_MAX];

	SV3_ASSERT(count <= SEAM_THREADS_MAX);
	thread_body = body;
	host_is_threaded = true;
	for (unsigned int i = 0; i < count; i++)
		SV3_ASSERT(!pthread_create(&threads[i], NULL, thread_main, (void *)(uintptr_t)i));
	for (unsigned int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	host_is_threaded = false;
}

/* --- messages --- */

static char *log_text;
static size_t log_size;
static unsigned long warnings;

static void log_line(const char *text)
{
	size_t size = strlen(text);

	host_lock();
	log_text = (char *)realloc(log_text, log_size + size + 1);
	SV3_ASSERT(log_text);
	memcpy(log_text + log_size, text, size + 1);
	log_size += size;
	host_unlock();
}

void seam_log(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_line(text);
}

_Bool seam_logged(const char *part)
{
	return log_text && strstr(log_text, part);
}

void seam_log_forget(void)
{
	if (log_text)
		log_text[0] = 0;
	log_size = 0;
}

void seam_warn(const char *file, int line, const char *what)
{
	warnings++;
	seam_log("WARN %s:%d: %s\n", file, line, what);
}

unsigned long seam_warnings(void)
{
	return warnings;
}

void seam_bug(const char *file, int line)
{
	printf("FAIL %s: the kernel gave up at %s:%d\n", host_case_name, file, line);
	host_log_print();
	exit(HOST_EXIT_FAILED);
}

void host_log_print(void)
{
	char *text = log_text, *rest = text;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (*line)
			printf("    %s\n", line);
	free(text);
	log_text = NULL;
	log_size = 0;
}
