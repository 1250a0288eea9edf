/* SPDX-License-Identifier: MIT */
/*
 * device.h - bus masters: a device is a source of timed accesses that hears how they ended.
 *
 * Concepts:
 *   device  ops and state behind one pointer; it never sees the SMMU, only IOVAs and outcomes.
 *   event   what a device does next: one access that crosses no 4 KiB page, or, in a replayed
 * trace, a row for the driver. Devices are deterministic: same configuration and seed, same events.
 *   port    the engine's door for a device that makes its transactions itself; an endpoint is such
 *           a device as the SMMU sees it, which may tell it things (ATS, PRI).
 *   bundle  several devices, its sources, as one.
 */
#ifndef SV3_DEVICE_H
#define SV3_DEVICE_H

#include <sv3/base.h>
#include <sv3/trace.h>
#include <sv3/txn.h>

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
	sv3_ps due; /* when; never earlier than the event before it, unless it was passed by */
	sv3_iova iova;
	sv3_pa pa_expected; /* meaningful with @pa_known: the recorded output address */
	uint32_t len;       /* bytes, 1..4096, within one 4 KiB page */
	uint32_t stream_id;
	uint32_t substream_id; /* meaningful with @substream_valid */
	uint8_t kind;          /* enum sv3_device_event_kind */
	uint8_t source;        /* of a bundle: index + 1 of the device it is of; else 0 */
	bool pa_known;
	bool is_msi; /* an interrupt, not memory */
	bool substream_valid;
	bool privileged, instruction;       /* as in struct sv3_txn */
	const struct sv3_trace_rec *record; /* replay: the row behind it; else NULL */
	uint64_t serial; /* counts the device's events from 0; a bundle's: sv3_bundle_create() */
};

/** A device's way to the SMMU and to memory; the engine's, good for the call it is passed to. */
struct sv3_device_port_ops {
	/**
	 * One transaction of any kind of enum sv3_txn_kind. An access that succeeds is made, too.
	 * Returns: 0 with @result: it is over, or (SV3_OUTCOME_STALLED) its end will be told by
	 * completed(); SV3_PORT_POSTED: a write that is on its way to memory until landed() is
	 * called with the event's serial; -SV3_ERR_BUSY: no room, nothing happened.
	 * What the SMMU tells the endpoint may be told during the call.
	 */
	int (*transact)(void *context, const struct sv3_txn *txn, struct sv3_result *result);
	/** A page request message goes out. Returns: 0, -SV3_ERR_BUSY: no room, it did not. */
	int (*page_request)(void *context, const struct sv3_page_request *request);
};
#define SV3_PORT_POSTED 1

struct sv3_device_port {
	const struct sv3_device_port_ops *ops;
	void *context;
};

/** How an access ended that a device made itself. */
enum sv3_access_end {
	SV3_ACCESS_OK,
	SV3_ACCESS_REFUSED,
	SV3_ACCESS_STALLED, /* the engine keeps it and calls completed() at its end */
	SV3_ACCESS_BUSY,    /* the port had no room: ask again when a write has landed */
	SV3_ACCESS_WAITS,   /* for a page: ask again when something happened */
	SV3_ACCESS_ENGINE,  /* not made: the engine makes it, as for a device without access() */
};

/** What an endpoint says to an invalidation. */
enum sv3_atc_answer {
	SV3_ATC_DONE,
	SV3_ATC_LATER,     /* writes that used it are on their way: atc_again() is asked */
	SV3_ATC_TIMED_OUT, /* it will never be completed */
};

/** What the SMMU tells a device that has an address translation cache (ATC). */
struct sv3_endpoint_ops {
	enum sv3_atc_answer (*atc_invalidate)(void *context, const struct sv3_ats_message *message);
	/** How the one invalidation stands that was answered by LATER; asked whenever the engine
	 * looks for work. */
	enum sv3_atc_answer (*atc_again)(void *context);
	void (*pri_response)(void *context, const struct sv3_ats_message *message);
};

struct sv3_endpoint {
	const struct sv3_endpoint_ops *ops; /* NULL: there is none */
	void *context;
};

struct sv3_device_ops {
	/** The next event into @event; false: nothing more, ever, unless again() says so. */
	bool (*next)(void *context, struct sv3_device_event *event);
	/**
	 * Optional, for who has several sources: the event handed out last is taken back, and
	 * another may be the next by now. Asked before an event happens, and after its access found
	 * the device busy or waiting.
	 * @changed: something happened: sources that were busy or waited may be asked again
	 * @event:   in and out
	 * Returns: as next(); false: nothing before something has changed.
	 */
	bool (*again)(void *context, bool changed, struct sv3_device_event *event);
	/** How an access ended; optional. @ok: false for an abort or RAZ/WI. Writes are posted:
	 * they end for the device when they are translated, not when they land. One that stalled
	 * ends after later ones. */
	void (*completed)(void *context, const struct sv3_device_event *event, bool ok, sv3_ps at);
	void (*destroy)(void *context);
	/** Optional: the device makes the access of @event, now due, itself. It may be asked again
	 * for the same event: see enum sv3_access_end. */
	enum sv3_access_end (*access)(void *context, const struct sv3_device_event *event,
				      const struct sv3_device_port *port);
	/** Optional: the posted write of event @serial is in memory. */
	void (*landed)(void *context, uint64_t serial);
	/** Optional: what the SMMU tells the device; called with the device's context. */
	const struct sv3_endpoint_ops *endpoint;
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

#define SV3_ATC_ENTRIES_MAX 4096u

/**
 * A device with an address translation cache (ATC) in front of another: the source says what is
 * accessed, the endpoint asks for translations (ATS), keeps them, and accesses what they say.
 * In order: while one access waits for a page, none is made. [IHI0070 3.9]
 */
struct sv3_ats_endpoint_config {
	struct sv3_device source; /* owned from a successful create on */
	uint32_t atc_entries;     /* 1 .. SV3_ATC_ENTRIES_MAX, fully associative, LRU */
	uint32_t writes_max;      /* translated writes on their way to memory, 1 .. 4096 */
	bool pri;                 /* ask software for pages that are not there */
	uint32_t group_pages;    /* of a request group: the missing one and those behind, 1 .. 32 */
	uint32_t page_tries_max; /* groups sent for one access, all answered by success, 1 .. */
};

/** What an endpoint did. */
struct sv3_ats_endpoint_stats {
	uint64_t hits;         /* accesses that the ATC answered */
	uint64_t requests;     /* Translation Requests completed */
	uint64_t untranslated; /* accesses sent untranslated, as a completion said */
	uint64_t invalidations, entries_invalidated;
	uint64_t timeouts;      /* invalidations not answered */
	uint64_t page_requests; /* messages */
	uint64_t responses;     /* to page request groups */
	uint64_t refused;       /* accesses given up */
};

SV3_API SV3_MUST_CHECK int sv3_ats_endpoint_create(const struct sv3_ats_endpoint_config *config,
						   struct sv3_device *device);
/** sv3_ats_endpoint_hook - who the SMMU tells things: for a runner without a world. */
SV3_API struct sv3_endpoint sv3_ats_endpoint_hook(const struct sv3_device *device);
/** sv3_ats_endpoint_time_out - while @on it answers no invalidation and keeps its entries */
SV3_API void sv3_ats_endpoint_time_out(const struct sv3_device *device, bool on);
SV3_API const struct sv3_ats_endpoint_stats *sv3_ats_endpoint_stats(
	const struct sv3_device *device);

#define SV3_BUNDLE_SOURCES_MAX 64u

/**
 * sv3_bundle_create - several devices as one
 * Order: by due time, at one time by index; each source in its own order. A source that makes its
 * accesses itself and is busy, or waits for a page, is passed by: the others go on, and it is asked
 * again, in its place by due time, after anything has happened. What keeps the device of a world
 * keeps all sources: a hold, its pace, a SYNC row, no slot for an access that the engine makes
 * APPROX(T-025).
 * Events: event.source is index + 1; event.serial is the source's own times SV3_BUNDLE_SOURCES_MAX
 * plus index. A source itself hears of its events, and only of them, as it made them.
 * Endpoints: what the SMMU says of a stream goes to the sources with an endpoint that have accessed
 * by that stream (from 65 streams on to such a source at any rate); where there is none, an
 * invalidation is complete.
 * Rows for a driver: they apply to the streams of their own source, which are those its rows name;
 * no stream may be named by two sources. So a REWIND takes down one source's mappings, and an
 * invalidation of all streams is one of all that are the source's.
 * @sources: shape [count], copied; owned from success on. What else is known of a source (its
 *           statistics) can be asked as before while the bundle lives. None may be a bundle.
 * @count:   1 .. SV3_BUNDLE_SOURCES_MAX
 * Returns: 0, -SV3_ERR_INVAL, -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_bundle_create(const struct sv3_device *sources, uint32_t count,
					     struct sv3_device *bundle);
/** sv3_bundle_join - as sv3_bundle_create(), but one source stays as it is, and none at all are a
 * device without ops. */
SV3_API SV3_MUST_CHECK int sv3_bundle_join(const struct sv3_device *sources, uint32_t count,
					   struct sv3_device *device);
/** sv3_bundle_stop - source @index issues nothing more, the others go on; what it has in flight
 * lands. A time of a next event that was known before may pass without one. */
SV3_API void sv3_bundle_stop(const struct sv3_device *bundle, uint32_t index);

/** What a source of a bundle did. */
struct sv3_bundle_stats {
	uint64_t events; /* issued: accesses, and rows for the driver */
	uint64_t waits;  /* times it was busy or waited, and was passed by */
	bool stopped;
};
/** sv3_bundle_stats - of source @index. Returns: false: there is none. */
SV3_API bool sv3_bundle_stats(const struct sv3_device *bundle, uint32_t index,
			      struct sv3_bundle_stats *stats);

/** One kind of device, for lists. NULL behind the last. */
struct sv3_device_info {
	const char *name, *description;
};
SV3_API const struct sv3_device_info *sv3_device_info(unsigned int index);

#ifdef __cplusplus
}
#endif

#endif
