/* SPDX-License-Identifier: MIT */
/*
 * synthetic.c - devices that touch an area of pages by a rule: fixed, sequential, uniform, zipf.
 *
 * One generator drives all choices of a device, drawn in one order: distance, page, direction.
 * Same configuration, same events, on every host: the weights of the zipf law are computed with the
 * four basic operations only, whose results IEEE 754 fixes to the last bit.
 */
#include <stdlib.h>

#include <sv3/device.h>
#include <sv3/prng.h>

#define PAGE_COUNT_MAX      (UINT64_C(1) << 52)
#define PAGE_COUNT_ZIPF_MAX (UINT64_C(1) << 32)

struct synthetic {
	struct sv3_synthetic_config config;
	struct sv3_prng prng;
	sv3_ps due;             /* of the next access */
	uint64_t issued;        /* accesses so far */
	uint64_t page;          /* FIXED, SEQUENTIAL: the next one */
	double *cumulative;     /* ZIPF: weights of ranks 0..k summed; shape [page_count] */
	uint32_t *page_of_rank; /* ZIPF: shape [page_count] */
};

#define LN2 0.69314718055994530942

/* x >= 1. Halved into (3/4, 3/2], where the series in (x - 1) / (x + 1) needs few terms. */
static double natural_log(double x)
{
	double halvings = 0, t, t2, power, sum = 0;

	while (x > 1.5) {
		x *= 0.5;
		halvings += 1;
	}
	t = (x - 1) / (x + 1);
	t2 = t * t;
	power = t;
	for (int k = 1; k < 26; k += 2) {
		sum += power / k;
		power *= t2;
	}
	return 2 * sum + halvings * LN2;
}

/* e^-x for x >= 0; what is too small for a double is 0. */
static double exp_of_minus(double x)
{
	double halvings, term = 1, sum = 1;

	if (x > 700)
		return 0;
	halvings = (double)(int)(x / LN2);
	x -= halvings * LN2;
	for (int k = 1; k < 20; k++) {
		term *= -x / k;
		sum += term;
	}
	for (; halvings > 0; halvings -= 1)
		sum *= 0.5;
	return sum;
}

/* Weights summed by rank, and which page has which rank (a Fisher-Yates shuffle). */
static int zipf_prepare(struct synthetic *s)
{
	const uint64_t count = s->config.page_count;
	double sum = 0;

	s->cumulative = (double *)calloc(count, sizeof(*s->cumulative));
	s->page_of_rank = (uint32_t *)calloc(count, sizeof(*s->page_of_rank));
	if (!s->cumulative || !s->page_of_rank)
		return -SV3_ERR_NOMEM;
	for (uint64_t k = 0; k < count; k++) {
		sum += exp_of_minus(s->config.zipf_exponent * natural_log((double)(k + 1)));
		s->cumulative[k] = sum;
		s->page_of_rank[k] = (uint32_t)k;
	}
	for (uint64_t k = count - 1; k > 0; k--) {
		const uint64_t other = sv3_prng_below(&s->prng, k + 1);
		const uint32_t page = s->page_of_rank[k];

		s->page_of_rank[k] = s->page_of_rank[other];
		s->page_of_rank[other] = page;
	}
	return 0;
}

/* The first rank whose sum lies above a point drawn from the whole: a binary search. */
static uint64_t zipf_draw(struct synthetic *s)
{
	const uint64_t last = s->config.page_count - 1;
	const double point = sv3_prng_unit(&s->prng) * s->cumulative[last];
	uint64_t low = 0, high = last;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (s->cumulative[middle] > point)
			high = middle;
		else
			low = middle + 1;
	}
	return s->page_of_rank[low];
}

static uint64_t draw_page(struct synthetic *s)
{
	const uint64_t count = s->config.page_count;
	uint64_t page;

	switch (s->config.pattern) {
	case SV3_PATTERN_UNIFORM:
		return sv3_prng_below(&s->prng, count);
	case SV3_PATTERN_ZIPF:
		return zipf_draw(s);
	default:
		page = s->page;
		s->page = page + 1 == count ? 0 : page + 1;
		return page;
	}
}

static sv3_ps draw_distance(struct synthetic *s)
{
	const sv3_ps period = s->config.period;

	return s->config.jitter ? sv3_prng_below(&s->prng, 2 * period + 1) : period;
}

static bool synthetic_next(void *context, struct sv3_device_event *event)
{
	struct synthetic *s = (struct synthetic *)context;
	const struct sv3_synthetic_config *config = &s->config;
	/* A burst of the fixed pattern is one instant: time passes before its first page only. */
	const bool in_burst = config->pattern == SV3_PATTERN_FIXED && s->page != 0;

	if (config->limit && s->issued == config->limit)
		return false;
	if (s->issued && !in_burst) {
		const sv3_ps distance = draw_distance(s);

		s->due = distance > SV3_PS_NEVER - s->due ? SV3_PS_NEVER : s->due + distance;
	}
	*event = (struct sv3_device_event){ .due = s->due, .serial = s->issued };
	event->iova = config->base + draw_page(s) * SV3_PAGE_SIZE;
	event->len = config->len;
	event->stream_id = config->stream_id;
	event->kind = sv3_prng_below(&s->prng, 100) < config->write_percent ? SV3_DEVICE_WRITE
									    : SV3_DEVICE_READ;
	s->issued++;
	return true;
}

static void synthetic_destroy(void *context)
{
	struct synthetic *s = (struct synthetic *)context;

	free(s->cumulative);
	free(s->page_of_rank);
	free(s);
}

static const struct sv3_device_ops synthetic_ops = {
	.next = synthetic_next,
	.destroy = synthetic_destroy,
};

static bool config_is_legal(const struct sv3_synthetic_config *config)
{
	const uint64_t count = config->page_count;

	if ((unsigned int)config->pattern > SV3_PATTERN_ZIPF)
		return false;
	if (!count || count > PAGE_COUNT_MAX || config->base % SV3_PAGE_SIZE)
		return false;
	if (config->base + count * SV3_PAGE_SIZE - 1 < config->base)
		return false;
	if (!config->len || config->len > SV3_PAGE_SIZE || config->write_percent > 100)
		return false;
	if (!config->period || config->period > SV3_PS_NEVER / 4)
		return false;
	/* Written so that not-a-number is refused too. */
	return config->pattern != SV3_PATTERN_ZIPF ||
	       (count <= PAGE_COUNT_ZIPF_MAX && config->zipf_exponent > 0 &&
		config->zipf_exponent <= 1000);
}

int sv3_synthetic_create(const struct sv3_synthetic_config *config, struct sv3_device *device)
{
	struct synthetic *s;

	*device = (struct sv3_device){ 0 };
	if (!config_is_legal(config))
		return -SV3_ERR_INVAL;
	s = (struct synthetic *)calloc(1, sizeof(*s));
	if (!s)
		return -SV3_ERR_NOMEM;
	s->config = *config;
	s->due = config->start;
	sv3_prng_seed(&s->prng, config->seed);
	if (config->pattern == SV3_PATTERN_ZIPF) {
		const int rc = zipf_prepare(s);

		if (rc) {
			synthetic_destroy(s);
			return rc;
		}
	}
	device->ops = &synthetic_ops;
	device->context = s;
	return 0;
}
