/*
 * ring.c - see ring.h. Counters run on and wrap at 2^32, of which the size is
 * a divisor; a record is its length in four bytes and then itself.
 */
#include "codecs/ring.h"

#include <assert.h>
#include <string.h>

_Static_assert((ORL_RING_SIZE & (ORL_RING_SIZE - 1)) == 0,
		"counters wrap at a multiple of the size");

static uint32_t store(
		struct orl_ring *ring, uint32_t at, const void *p, size_t n)
{
	size_t place = at % ORL_RING_SIZE, k = ORL_RING_SIZE - place;

	k = n < k ? n : k;
	if (k)
		memcpy(ring->data + place, p, k);
	if (n > k)
		memcpy(ring->data, (const uint8_t *)p + k, n - k);
	return at + (uint32_t)n;
}

static uint32_t load(
		const struct orl_ring *ring, uint32_t at, void *p, size_t n)
{
	size_t place = at % ORL_RING_SIZE, k = ORL_RING_SIZE - place;

	k = n < k ? n : k;
	if (k)
		memcpy(p, ring->data + place, k);
	if (n > k)
		memcpy((uint8_t *)p + k, ring->data, n - k);
	return at + (uint32_t)n;
}

bool orl_ring_put(struct orl_ring *ring, const void *head, size_t head_n,
		const void *tail, size_t tail_n)
{
	uint32_t at = atomic_load_explicit(
			&ring->written, memory_order_relaxed);
	uint32_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
	uint32_t n = (uint32_t)(head_n + tail_n);

	assert(head_n && head_n + tail_n <= ORL_RING_SIZE / 2);
	if (n + sizeof(n) > ORL_RING_SIZE - (at - read))
		return false;
	at = store(ring, at, &n, sizeof(n));
	at = store(ring, at, head, head_n);
	at = store(ring, at, tail, tail_n);
	atomic_store_explicit(&ring->written, at, memory_order_release);
	return true;
}

size_t orl_ring_peek(const struct orl_ring *ring, void *head, size_t n)
{
	uint32_t at = atomic_load_explicit(&ring->read, memory_order_relaxed);
	uint32_t size;

	if (at == atomic_load_explicit(&ring->written, memory_order_acquire))
		return 0;
	at = load(ring, at, &size, sizeof(size));
	load(ring, at, head, n < size ? n : size);
	return size;
}

void orl_ring_take(struct orl_ring *ring, void *out, size_t n)
{
	uint32_t at = atomic_load_explicit(&ring->read, memory_order_relaxed);
	uint32_t size;

	at = load(ring, at, &size, sizeof(size));
	load(ring, at, out, n < size ? n : size);
	atomic_store_explicit(&ring->read, at + size, memory_order_release);
}

void orl_ring_clear(struct orl_ring *ring)
{
	atomic_store_explicit(&ring->read,
			atomic_load_explicit(
					&ring->written, memory_order_acquire),
			memory_order_release);
}
