/* SPDX-License-Identifier: MIT */
/*
 * platform.h - a machine as a device tree describes it: memory, SMMUs, who is behind them, and what
 * those do.
 *
 * Concepts:
 *   node     a path in the tree, "/smmuv3@9050000"; all that is said of a platform names one.
 *   master   who has StreamIDs: a platform device (iommus), a PCIe host (iommu-map), an endpoint
 *            below one.
 *   streams  a run of StreamIDs of a master behind one SMMU.
 *   device   what sv3 lets happen: a trace that is replayed, or a synthetic device.
 *   setting  a parameter of a run by its name on the command line, as text.
 * Plain data: a device tree fills it, and so does an initialiser. docs/PLATFORM.md has the
 * properties.
 */
#ifndef SV3_PLATFORM_H
#define SV3_PLATFORM_H

#include <sv3/base.h>
#include <sv3/device.h>
#include <sv3/smmu.h>
#include <sv3/timing.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An index that names nothing. */
#define SV3_PLATFORM_NONE UINT32_MAX

#define SV3_PLATFORM_MEMORY_MAX  64u
#define SV3_PLATFORM_SMMUS_MAX   64u
#define SV3_PLATFORM_MASTERS_MAX 4096u
#define SV3_PLATFORM_STREAMS_MAX 65536u /* runs, of all masters */
#define SV3_PLATFORM_PAIRS_MAX   256u   /* settings, and timings */

/** A piece of RAM. Those that touch each other are one. */
struct sv3_platform_memory {
	const char *node; /* of the first that is in it */
	sv3_pa base;      /* 4 KiB aligned, as is the size */
	uint64_t size;    /* bytes */
	bool grows;       /* sv3,grows: a trace that needs more gets it */
};

#define SV3_PLATFORM_INTERRUPT_CELLS_MAX 4u

struct sv3_platform_interrupt {
	const char *name; /* "eventq"; NULL: it has none */
	uint32_t cells[SV3_PLATFORM_INTERRUPT_CELLS_MAX];
	uint32_t cell_count;
};

struct sv3_platform_smmu {
	const char *node;
	sv3_pa base; /* of its registers */
	uint64_t size;
	const struct sv3_platform_interrupt *interrupts; /* shape [interrupt_count] */
	uint32_t interrupt_count;
	const char *msi_parent;        /* node, NULL: none */
	const char *profile;           /* of sv3_smmu_profile() */
	struct sv3_smmu_config config; /* the profile and what the node says else; checked */
	bool dma_coherent;
};

/**
 * StreamIDs @stream_id .. @stream_id + @count - 1, of the inputs @input .. @input + @count - 1: PCI
 * requester IDs; of a platform device the places in its iommus property, each a run of its own.
 */
struct sv3_platform_streams {
	uint32_t smmu; /* index */
	uint32_t input, stream_id, count;
};

enum sv3_platform_master_kind {
	SV3_MASTER_DEVICE,   /* iommus */
	SV3_MASTER_HOST,     /* iommu-map */
	SV3_MASTER_ENDPOINT, /* a PCI function below a host, its StreamID by the host's map */
};

struct sv3_platform_master {
	const char *node;
	enum sv3_platform_master_kind kind;
	const struct sv3_platform_streams *streams; /* shape [stream_count], by input */
	uint32_t stream_count;
	uint32_t map_mask;     /* HOST: applied to a requester ID before it is looked up */
	uint32_t host;         /* ENDPOINT: index of its host */
	uint32_t requester_id; /* ENDPOINT: bus << 8 | device << 3 | function */
};

enum sv3_platform_device_kind { SV3_PLATFORM_REPLAY, SV3_PLATFORM_SYNTHETIC };

struct sv3_platform_device {
	const char *node;
	enum sv3_platform_device_kind kind;
	const char *trace; /* REPLAY: file, from where the program runs */
	uint32_t master;   /* index, or SV3_PLATFORM_NONE: any */
	bool has_stream;   /* all its accesses are of @stream_id, behind @smmu */
	uint32_t smmu, stream_id;
	/* SYNTHETIC: @base counts from the first byte of RAM. */
	struct sv3_synthetic_config synthetic;
};

struct sv3_platform_setting {
	const char *node, *name, *value; /* "/sv3", "link", "25G"; of a flag the value is "" */
};

/** A parameter of timed hardware, that the tree says. */
struct sv3_platform_timing {
	const char *node, *name; /* as sv3_timing_set() takes it */
	uint32_t value;
};

/** Something that was understood and makes no difference here, for people. */
struct sv3_platform_note {
	const char *node, *property, *text;
};

/** All arrays have the shape their count says. A zeroed one is empty. */
struct sv3_platform {
	const char *path;                         /* of the file, for messages */
	const struct sv3_platform_memory *memory; /* by base, not overlapping */
	const struct sv3_platform_smmu *smmus;
	const struct sv3_platform_master *masters;
	const struct sv3_platform_device *devices;
	const struct sv3_platform_setting *settings;
	const struct sv3_platform_timing *timings;
	const struct sv3_platform_note *notes;
	uint32_t memory_count, smmu_count, master_count, device_count;
	uint32_t setting_count, timing_count, note_count;
	const char *timing_preset; /* NULL: none */
	struct sv3_timing timing;  /* the preset, or the default one, and then those parameters */
	void *owned;               /* what a load allocated; NULL in an initialiser */
};

/** What is wrong with a tree: "FILE: NODE: PROPERTY: what; remedy", one line. */
struct sv3_platform_error {
	char text[1024];
};

/**
 * sv3_platform_load - read a platform
 * @path:     a device tree blob, or its source (.dts), which the program dtc translates
 * @platform: out; empty on failure; released with sv3_platform_free()
 * @error:    out on failure
 * Names of traces are taken from the folder of @path.
 * Returns: 0, or -SV3_ERR_IO, -SV3_ERR_FORMAT, -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_platform_load(const char *path, struct sv3_platform *platform,
					     struct sv3_platform_error *error);

/** sv3_platform_load_memory - the same from a blob in memory; @path: in place of the file's. */
SV3_API SV3_MUST_CHECK int sv3_platform_load_memory(const void *blob, size_t size, const char *path,
						    struct sv3_platform *platform,
						    struct sv3_platform_error *error);

/** sv3_platform_free - release what a load allocated; harmless on an empty one. */
SV3_API void sv3_platform_free(struct sv3_platform *platform);

/**
 * sv3_platform_stream - the StreamID of one input of a master
 * @input:   requester ID, or the place in iommus, from 0
 * @streams: out: one StreamID and its SMMU
 * Returns: 0; -SV3_ERR_NOENT: there is no such master, or nothing translates this input.
 */
SV3_API SV3_MUST_CHECK int sv3_platform_stream(const struct sv3_platform *platform, uint32_t master,
					       uint32_t input,
					       struct sv3_platform_streams *streams);

/** sv3_platform_master_of - index of who has a StreamID behind an SMMU, an endpoint before its
 *  host; SV3_PLATFORM_NONE if nobody has. */
SV3_API uint32_t sv3_platform_master_of(const struct sv3_platform *platform, uint32_t smmu,
					uint32_t stream_id);

/** sv3_platform_has_stream - whether @master has a StreamID behind an SMMU. */
SV3_API bool sv3_platform_has_stream(const struct sv3_platform *platform, uint32_t master,
				     uint32_t smmu, uint32_t stream_id);

/** sv3_platform_default - source of a device tree, with comments, of the machine that commands
 *  build without one. Static. */
SV3_API const char *sv3_platform_default(void);

#ifdef __cplusplus
}
#endif

#endif
