/*
 * rng.h - random numbers that come again from the same seed.
 */
#ifndef ORL_TESTS_RNG_H
#define ORL_TESTS_RNG_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* splitmix64: any seed will do, also 0. */
struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to n - 1, n > 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return rng_next(r) % n;
}

/* The seed of a run: the environment's SEED or `other`; it is printed. */
static inline uint64_t rng_seed(uint64_t other)
{
	const char *text = getenv("SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : other;
	printf("seed %llu (SEED=... runs another)\n", (unsigned long long)seed);
	return seed;
}

#endif
