/*
 * box_memory.c - rings and sheets: memory that the viewer makes, seals so
 * that it can neither shrink nor grow, and shares with its process. A reader
 * of memory that is gone would be killed; this memory stays.
 */
#include "client/viewer/box_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/futex.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

enum {
	PAGE = 4096,
	/* Longest wait for the other end, in ms. */
	READER_WAITS = 40,
	WRITER_WAITS = 250,
};

static int make_file(const char *name, size_t bytes)
{
	int fd = memfd_create(name,
			MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)bytes) == 0 &&
			fcntl(fd, F_ADD_SEALS,
					F_SEAL_SHRINK | F_SEAL_GROW |
							F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

static void *map(int file, size_t offset, size_t bytes, int protection)
{
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, file,
			(off_t)offset);
	return at == MAP_FAILED ? NULL : at;
}

/* ---- rings ------------------------------------------------------------- */

/* The places of all rings are on the first page, a line of cache each. */
enum { LINE = 64 };

static const uint32_t sizes[ORL_RINGS] = {
#define MESSAGE(direction, NAME, name, fields)
#define RING(direction, NAME, size) [ORL_RING_##NAME] = size,
#include "client/viewer/box_wire.def"
};

static size_t all_bytes(void)
{
	size_t n = PAGE;
	for (int i = 0; i < ORL_RINGS; i++)
		n += sizes[i];
	return n;
}

int orl_rings_create(int *file)
{
	int fd = make_file("oriel-rings", all_bytes());
	if (fd < 0)
		return ORIEL_ENOMEM;
	*file = fd;
	return 0;
}

int orl_rings_map(struct orl_box_ring rings[static ORL_RINGS], int file)
{
	uint8_t *at = map(file, 0, all_bytes(), PROT_READ | PROT_WRITE);
	if (!at)
		return ORIEL_ENOMEM;
	uint8_t *bytes = at + PAGE;
	for (size_t i = 0; i < ORL_RINGS; i++) {
		void *places = at + 2 * i * LINE,
		     *other = at + (2 * i + 1) * LINE;
		rings[i] = (struct orl_box_ring){ places, other, bytes,
			sizes[i], 0 };
		bytes += sizes[i];
	}
	return 0;
}

void orl_rings_unmap(struct orl_box_ring rings[static ORL_RINGS])
{
	if (rings[0].bytes)
		munmap(rings[0].bytes - PAGE, all_bytes());
	memset(rings, 0, ORL_RINGS * sizeof(*rings));
}

_Atomic uint32_t *orl_rings_bell(struct orl_box_ring rings[static ORL_RINGS])
{
	_Static_assert((2 * ORL_RINGS + 1) * LINE <= PAGE, "there is room");
	return (void *)(rings[0].bytes - PAGE + (size_t)2 * ORL_RINGS * LINE);
}

int64_t orl_box_ring_room(const struct orl_box_ring *ring)
{
	uint32_t used = ring->at -
			atomic_load_explicit(ring->tail, memory_order_acquire);
	return used > ring->size ? ORIEL_EPROTO : (int64_t)(ring->size - used);
}

int64_t orl_box_ring_there(const struct orl_box_ring *ring)
{
	uint32_t there =
			atomic_load_explicit(ring->head, memory_order_acquire) -
			ring->at;
	return there > ring->size ? ORIEL_EPROTO : (int64_t)there;
}

/* Bytes up to the end of the memory, where it goes on at its beginning. */
static size_t straight(const struct orl_box_ring *ring, size_t n)
{
	size_t end = ring->size - (ring->at & (ring->size - 1));
	return n < end ? n : end;
}

int orl_box_ring_put(struct orl_box_ring *ring, const void *data, size_t n)
{
	int64_t room = orl_box_ring_room(ring);
	const uint8_t *from = data;
	if (room < 0 || (uint64_t)room < n)
		return room < 0 ? ORIEL_EPROTO : ORIEL_ELIMIT;
	size_t first = straight(ring, n);
	memcpy(ring->bytes + (ring->at & (ring->size - 1)), from, first);
	memcpy(ring->bytes, from + first, n - first);
	ring->at += (uint32_t)n;
	atomic_store_explicit(ring->head, ring->at, memory_order_release);
	return 0;
}

int orl_box_ring_get(struct orl_box_ring *ring, void *data, size_t n)
{
	int64_t there = orl_box_ring_there(ring);
	uint8_t *into = data;
	if (there < 0 || (uint64_t)there < n)
		return there < 0 ? ORIEL_EPROTO : ORIEL_ELIMIT;
	size_t first = straight(ring, n);
	memcpy(into, ring->bytes + (ring->at & (ring->size - 1)), first);
	memcpy(into + first, ring->bytes, n - first);
	ring->at += (uint32_t)n;
	atomic_store_explicit(ring->tail, ring->at, memory_order_release);
	return 0;
}

/* ---- sheets ------------------------------------------------------------ */

static size_t sheet_bytes(int32_t width, int32_t height)
{
	return PAGE + (size_t)width * (size_t)height * 4;
}

static int map_sheet(struct orl_sheet *sheet, int file, int32_t width,
		int32_t height, int protection)
{
	struct orl_sheet s = { .bytes = sheet_bytes(width, height),
		.width = width,
		.height = height };
	s.head = map(file, 0, PAGE, PROT_READ | PROT_WRITE);
	s.pixels = s.head ? map(file, PAGE, s.bytes - PAGE, protection) : NULL;
	if (!s.pixels) {
		if (s.head)
			munmap(s.head, PAGE);
		return ORIEL_ENOMEM;
	}
	*sheet = s;
	return 0;
}

int orl_sheet_create(struct orl_sheet *sheet, int *file, int32_t width,
		int32_t height)
{
	int fd = make_file("oriel-picture", sheet_bytes(width, height));
	if (fd < 0)
		return ORIEL_ENOMEM;
	int err = map_sheet(sheet, fd, width, height, PROT_READ);
	if (err)
		close(fd);
	else
		*file = fd;
	return err;
}

int orl_sheet_map(struct orl_sheet *sheet, int file, int32_t width,
		int32_t height)
{
	return map_sheet(sheet, file, width, height, PROT_READ | PROT_WRITE);
}

void orl_sheet_free(struct orl_sheet *sheet)
{
	if (sheet->head) {
		munmap(sheet->pixels, sheet->bytes - PAGE);
		munmap(sheet->head, PAGE);
	}
	memset(sheet, 0, sizeof(*sheet));
}

void orl_box_word_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ns)
{
	const struct timespec left = { (time_t)(ns / 1000000000),
		(long)(ns % 1000000000) };
	syscall(SYS_futex, word, FUTEX_WAIT, value, ns ? &left : NULL, NULL, 0);
}

void orl_box_word_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* 2: somebody waits for it to become 0. */
enum { FREE, TAKEN, AWAITED };

static uint64_t milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Until the other has left, or for so long. */
static void wait_free(_Atomic uint32_t *word, unsigned ms)
{
	uint64_t until = milliseconds() + ms;
	for (;;) {
		uint32_t value = atomic_load(word);
		uint64_t now = milliseconds();
		if (value == FREE || now >= until)
			return;
		/* Any other value is a lie, and has the same answer. */
		if (value == TAKEN && !atomic_compare_exchange_strong(
						      word, &value, AWAITED))
			continue;
		const struct timespec left = { (time_t)((until - now) / 1000),
			(long)((until - now) % 1000 * 1000000) };
		syscall(SYS_futex, word, FUTEX_WAIT, AWAITED, &left, NULL, 0);
	}
}

static void leave(_Atomic uint32_t *word)
{
	if (atomic_exchange(word, FREE) == AWAITED)
		syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Who reads goes first: who would write steps back when he sees it. */
void orl_sheet_read(struct orl_sheet *sheet)
{
	atomic_store(&sheet->head->reading, TAKEN);
	if (atomic_load(&sheet->head->writing) != FREE)
		wait_free(&sheet->head->writing, READER_WAITS);
	sheet->commits = atomic_load(&sheet->head->commits);
}

bool orl_sheet_read_end(struct orl_sheet *sheet)
{
	atomic_thread_fence(memory_order_seq_cst);
	bool whole = atomic_load(&sheet->head->commits) == sheet->commits &&
		     atomic_load(&sheet->head->writing) == FREE;
	leave(&sheet->head->reading);
	return whole;
}

void orl_sheet_write(struct orl_sheet *sheet)
{
	uint64_t until = 0, now = 0;
	for (;;) {
		atomic_store(&sheet->head->writing, TAKEN);
		if (atomic_load(&sheet->head->reading) == FREE)
			return;
		now = milliseconds();
		until = until ? until : now + WRITER_WAITS;
		if (now >= until)
			return; /* the viewer is stopped, and reads nothing */
		leave(&sheet->head->writing);
		wait_free(&sheet->head->reading, (unsigned)(until - now));
	}
}

void orl_sheet_write_end(struct orl_sheet *sheet)
{
	atomic_fetch_add(&sheet->head->commits, 1);
	leave(&sheet->head->writing);
}
