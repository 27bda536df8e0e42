/*
 * base.h - what every file may use: attributes, checked size arithmetic,
 * container_of and an intrusive list. It knows nothing of Oriel.
 */
#ifndef ORL_PROTO_BASE_H
#define ORL_PROTO_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORL_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define orl_container(ptr, type, member) \
	((type *)(void *)(((char *)(ptr)) - offsetof(type, member)))

#if defined(__GNUC__)
#define ORL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ORL_INLINE static inline __attribute__((always_inline))
#else
#define ORL_PRINTF(fmt, args)
#define ORL_INLINE static inline
#endif

/*
 * A loop that vectorises, which is compiled for AVX2 as well; which of the two
 * runs is settled when the program is loaded, and both come from one source.
 */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && \
		!defined(__clang__) && defined(__OPTIMIZE__) && \
		!defined(__SANITIZE_ADDRESS__) && \
		!defined(__SANITIZE_THREAD__)
#define ORL_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define ORL_WIDE
#endif

/* Sizes that come from outside multiply and add through these. */
static inline bool orl_mul(size_t *out, size_t a, size_t b)
{
	if (b && a > SIZE_MAX / b)
		return false;
	*out = a * b;
	return true;
}

static inline bool orl_add(size_t *out, size_t a, size_t b)
{
	if (a > SIZE_MAX - b)
		return false;
	*out = a + b;
	return true;
}

static inline int32_t orl_min32(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static inline int32_t orl_max32(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static inline uint64_t orl_min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t orl_max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A circular doubly linked list; the head is a node of no object. */
struct orl_node {
	struct orl_node *prev, *next;
};

static inline void orl_list_init(struct orl_node *head)
{
	head->prev = head->next = head;
}

static inline bool orl_list_empty(const struct orl_node *head)
{
	return head->next == head;
}

static inline void orl_list_append(struct orl_node *head, struct orl_node *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Afterwards the node is a list of its own, so removing twice is harmless. */
static inline void orl_list_remove(struct orl_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = node;
}

#define ORL_EACH(node, head) \
	for (struct orl_node *node = (head)->next; node != (head); \
			node = node->next)

/* As ORL_EACH, and the body may remove the node it is at. */
#define ORL_EACH_SAFE(node, after, head) \
	for (struct orl_node *node = (head)->next, *after = node->next; \
			node != (head); node = after, after = node->next)

#endif
