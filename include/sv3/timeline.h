/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - what the timed runner did, as files that other programs show.
 *
 * Concepts:
 *   timeline  spans and levels in the JSON trace-event form that Perfetto and Chrome read.
 *   waveform  levels and events as a VCD [IEEE 1364 18], for GTKWave and its like.
 *   curve     a histogram as rows for programs, and as points for a plot.
 * The first two are written while the runner runs, and keep nothing but what is going on.
 */
#ifndef SV3_TIMELINE_H
#define SV3_TIMELINE_H

#include <sv3/report.h>
#include <sv3/timed.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sv3_timeline_config {
	FILE *file;         /* borrowed; errors are for its owner to look at: ferror() */
	uint32_t clock_mhz; /* of the runner */
	uint32_t tbu_count; /* likewise; 1 .. 16 */
	uint64_t limit;     /* events, or changes, that are written; 0: all */
};

/* --- timeline --- */

struct sv3_timeline;

/** sv3_timeline_begin - Returns: 0, -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_timeline_begin(const struct sv3_timeline_config *config,
					      struct sv3_timeline **timeline);
/** sv3_timeline_observer - who writes it, for sv3_timed_observe(). */
SV3_API struct sv3_timed_observer sv3_timeline_observer(struct sv3_timeline *timeline);
/**
 * sv3_timeline_end - all that is going on ends @now; the timeline is released
 * @left_out: out, may be NULL: events that came behind the limit
 * Returns: 0; -SV3_ERR_NOMEM: something was lost on the way, the file is not whole.
 */
SV3_API SV3_MUST_CHECK int sv3_timeline_end(struct sv3_timeline *timeline, sv3_cycle now,
					    uint64_t *left_out);

/* --- waveform --- */

struct sv3_waveform;

/** sv3_waveform_begin - Returns: 0, -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_waveform_begin(const struct sv3_timeline_config *config,
					      struct sv3_waveform **waveform);
SV3_API struct sv3_timed_observer sv3_waveform_observer(struct sv3_waveform *waveform);
/** sv3_waveform_end - the last time in it is @now; it is released. @left_out as above. */
SV3_API void sv3_waveform_end(struct sv3_waveform *waveform, sv3_cycle now, uint64_t *left_out);

/* --- histograms --- */

/** Keys of the dataset that sv3_histogram_rows() adds to. */
#define SV3_HISTOGRAM_KEYS                             \
	{                                              \
		"name", "from_ns", "below_ns", "count" \
	}

/** sv3_histogram_rows - a row for each bucket that has something, under @name. */
SV3_API void sv3_histogram_rows(struct sv3_dataset *dataset, const char *name,
				const struct sv3_histogram *histogram, uint32_t clock_mhz);
/**
 * sv3_histogram_curve - how many of 1,000 took longer than so many ns, as points for a plot
 * A pair of numbers a line, first time, then share; both have decimals.
 */
SV3_API void sv3_histogram_curve(FILE *file, const struct sv3_histogram *histogram,
				 uint32_t clock_mhz);
/**
 * sv3_histogram_chart - a bar for each power of two of ns, or part of one, for terminals
 * At most 24 bars; nothing for an empty histogram.
 */
SV3_API void sv3_histogram_chart(const char *title, const struct sv3_histogram *histogram,
				 uint32_t clock_mhz, const struct sv3_chart_style *style,
				 FILE *file);

#ifdef __cplusplus
}
#endif

#endif
