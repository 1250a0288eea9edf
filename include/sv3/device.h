/* SPDX-License-Identifier: MIT */
/*
 * device.h - bus masters: a device is a source of timed accesses that hears how they ended.
 *
 * Concepts:
 *   device  ops and state behind one pointer; it never sees the SMMU, only IOVAs and outcomes.
 *   event   what a device does next: one access that crosses no 4 KiB page, or, in a replayed
 * trace, a row for the driver. Devices are deterministic: same configuration and seed, same events.
 */
#ifndef SV3_DEVICE_H
#define SV3_DEVICE_H

#include <sv3/base.h>
#include <sv3/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sv3_device_event_kind {
	SV3_DEVICE_READ,
	SV3_DEVICE_WRITE,
	SV3_DEVICE_DRIVER, /* @record: MAP, UNMAP, TLBI_x, SYNC as recorded */
	SV3_DEVICE_REWIND, /* the trace begins anew: the driver takes all its mappings down first */
};

struct sv3_device_event {
	sv3_ps due; /* when; never earlier than the event before it */
	sv3_iova iova;
	sv3_pa pa_expected; /* meaningful with @pa_known: the recorded output address */
	uint32_t len;       /* bytes, 1..4096, within one 4 KiB page */
	uint32_t stream_id;
	uint8_t kind; /* enum sv3_device_event_kind */
	bool pa_known;
	bool is_msi;                        /* an interrupt, not memory */
	const struct sv3_trace_rec *record; /* replay: the row behind it; else NULL */
	uint64_t serial;                    /* counts the device's events from 0 */
};

struct sv3_device_ops {
	/** The next event into @event; false: nothing more, ever. */
	bool (*next)(void *context, struct sv3_device_event *event);
	/** How an access ended; optional. @ok: false for an abort or RAZ/WI. Writes are posted:
	 * they end for the device when they are translated, not when they land. */
	void (*completed)(void *context, const struct sv3_device_event *event, bool ok, sv3_ps at);
	void (*destroy)(void *context);
};

/** A device is passed by value; its state belongs to @context, released by destroy. */
struct sv3_device {
	const struct sv3_device_ops *ops;
	void *context;
};

/** sv3_device_destroy - release; harmless on a zeroed device. */
SV3_API void sv3_device_destroy(struct sv3_device *device);

/** Which address of a trace a replaying device issues. */
enum sv3_trace_view {
	SV3_VIEW_GUEST, /* the pa column is the IOVA; rows for the driver are skipped */
	SV3_VIEW_IOVA,  /* the iova column; rows for the driver are handed out */
};

struct sv3_replay_config {
	const struct sv3_trace *trace; /* borrowed, must outlive the device */
	enum sv3_trace_view view;
	uint64_t time_scale_ppm; /* trace times are multiplied by this / 1,000,000; > 0 */
	bool repeat;  /* begin anew at the end, one mean record distance after the last record */
	sv3_ps start; /* when the first record is due */
};

/** sv3_replay_create - replay a trace. Returns: 0, -SV3_ERR_INVAL, -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_replay_create(const struct sv3_replay_config *config,
					     struct sv3_device *device);
/** sv3_replay_rewinds - how often the trace began anew: passes of which an event was issued, and
 * the next asked for. */
SV3_API uint64_t sv3_replay_rewinds(const struct sv3_device *device);

enum sv3_pattern {
	SV3_PATTERN_FIXED, /* all pages of the area in turn, again and again, as one burst a period
			    */
	SV3_PATTERN_SEQUENTIAL, /* one page after the other, wrapping */
	SV3_PATTERN_UNIFORM,    /* each page with the same probability */
	SV3_PATTERN_ZIPF, /* page of rank k with weight 1 / (k + 1)^s, ranks shuffled by the seed */
};

/** A synthetic device over an area of pages. */
struct sv3_synthetic_config {
	enum sv3_pattern pattern;
	sv3_iova base;
	uint64_t page_count;
	uint32_t stream_id;
	uint32_t write_percent; /* 0..100 of the accesses are writes */
	uint32_t len;           /* bytes an access, 1..4096, at the start of the page */
	sv3_ps start,
		period; /* first access; distance between accesses (FIXED: between bursts), > 0 */
	bool jitter;    /* distances uniform in [0, 2 * period] instead */
	double zipf_exponent; /* > 0 */
	uint64_t limit;       /* accesses in all; 0: without end */
	uint64_t seed;
};
SV3_API SV3_MUST_CHECK int sv3_synthetic_create(const struct sv3_synthetic_config *config,
						struct sv3_device *device);

/** One kind of device, for lists. NULL behind the last. */
struct sv3_device_info {
	const char *name, *description;
};
SV3_API const struct sv3_device_info *sv3_device_info(unsigned int index);

#ifdef __cplusplus
}
#endif

#endif
