/*
 * throttle.c - see throttle.h.
 *
 * Both tables are of fixed size. Names in them are HMACs under a key of this
 * process: a peer chooses account names, and must not choose their slots.
 */
#include "server/throttle.h"

#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

enum { MARK = 16 };

struct entry {
	uint8_t mark[MARK]; /* of network or account */
	uint32_t failures;  /* 0: free */
	uint64_t last;      /* failure */
};

struct net {
	uint8_t mark[MARK];
	unsigned n; /* connections; 0: free */
};

struct orl_throttle {
	const struct orl_env *env;
	uint8_t key[32];
	unsigned unproved;
	struct net nets[ORL_UNPROVED_MAX]; /* so many can be in use */
	struct entry entries[ORL_THROTTLE_ENTRIES];
};

int orl_throttle_create(struct orl_throttle **out, const struct orl_env *env)
{
	struct orl_throttle *t = orl_alloc(env, 1, sizeof(*t));

	if (!t)
		return ORIEL_ENOMEM;
	t->env = env;
	int err = orl_random(env, t->key, sizeof(t->key));
	if (err) {
		orl_throttle_destroy(t);
		return err;
	}
	*out = t;
	return 0;
}

void orl_throttle_destroy(struct orl_throttle *t)
{
	if (!t)
		return;
	const struct orl_env *env = t->env;
	orl_wipe(t, sizeof(*t));
	orl_free(env, t);
}

const char *orl_throttle_net(
		char out[static ORL_THROTTLE_NET], const uint8_t *a, size_t n)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (n == 16 && memcmp(a, mapped, sizeof(mapped)) == 0) {
		a += sizeof(mapped);
		n = 4;
	}
	if (n == 4)
		snprintf(out, ORL_THROTTLE_NET, "%u.%u.%u.%u", a[0], a[1], a[2],
				a[3]);
	else if (n == 16)
		snprintf(out, ORL_THROTTLE_NET, "%x:%x:%x:%x::/64",
				(unsigned)(a[0] << 8 | a[1]),
				(unsigned)(a[2] << 8 | a[3]),
				(unsigned)(a[4] << 8 | a[5]),
				(unsigned)(a[6] << 8 | a[7]));
	else
		snprintf(out, ORL_THROTTLE_NET, "local");
	return out;
}

/* kind keeps a network and an account of one name apart. */
static void make_mark(const struct orl_throttle *t, uint8_t mark[static MARK],
		char kind, const char *name)
{
	char text[1 + ORL_NAME_MAX];
	size_t n = 1;
	uint8_t hash[32] = { 0 };

	text[0] = kind;
	while (*name && n < sizeof(text))
		text[n++] = *name++;
	/* Should it fail, all share one mark: slower, never open. */
	if (t->env->crypto->hmac(t->key, sizeof(t->key), text, n, hash))
		memset(hash, 0, sizeof(hash));
	memcpy(mark, hash, MARK);
}

/* ---- connections ------------------------------------------------------- */

/* The network's slot, or a free one (n is 0), or NULL. */
static struct net *find_net(
		struct orl_throttle *t, const uint8_t mark[static MARK])
{
	struct net *unused = NULL;

	for (size_t i = 0; i < ORL_COUNT(t->nets); i++) {
		struct net *net = &t->nets[i];
		if (!net->n)
			unused = net;
		else if (memcmp(net->mark, mark, MARK) == 0)
			return net;
	}
	return unused;
}

/*
 * From ORL_UNPROVED_DROP on, chance decides, so that a flood cannot keep
 * everybody else out by being early: (n - 10) / 22 of 65536.
 */
static bool dropped(const struct orl_throttle *t)
{
	const unsigned span = ORL_UNPROVED_MAX - ORL_UNPROVED_DROP;
	uint8_t r[2];

	if (t->unproved >= ORL_UNPROVED_MAX)
		return true;
	if (t->unproved <= ORL_UNPROVED_DROP)
		return false;
	if (orl_random(t->env, r, sizeof(r)))
		return true;
	unsigned dice = (unsigned)r[0] << 8 | r[1];
	return dice < (t->unproved - ORL_UNPROVED_DROP) * 65536u / span;
}

int orl_throttle_enter(struct orl_throttle *t, const char *net)
{
	uint8_t mark[MARK];

	make_mark(t, mark, 'c', net);
	struct net *slot = find_net(t, mark);
	if (!slot || slot->n >= ORL_UNPROVED_PER_NET || dropped(t))
		return ORIEL_ELIMIT;
	memcpy(slot->mark, mark, MARK);
	slot->n++;
	t->unproved++;
	return 0;
}

void orl_throttle_leave(struct orl_throttle *t, const char *net)
{
	uint8_t mark[MARK];

	make_mark(t, mark, 'c', net);
	struct net *slot = find_net(t, mark);
	if (!slot || !slot->n)
		return;
	slot->n--;
	t->unproved--;
}

unsigned orl_throttle_unproved(const struct orl_throttle *t)
{
	return t->unproved;
}

/* ---- failures ---------------------------------------------------------- */

static bool stale(const struct entry *e, uint64_t now)
{
	return !e->failures || now - e->last >= ORL_THROTTLE_FORGET_S * SECOND;
}

static struct entry *find(struct orl_throttle *t, char kind, const char *name,
		uint8_t mark[static MARK])
{
	make_mark(t, mark, kind, name);
	for (size_t i = 0; i < ORL_COUNT(t->entries); i++) {
		struct entry *e = &t->entries[i];
		if (e->failures && memcmp(e->mark, mark, MARK) == 0)
			return e;
	}
	return NULL;
}

static uint64_t delay(struct orl_throttle *t, char kind, const char *name)
{
	uint8_t mark[MARK];
	const struct entry *e = find(t, kind, name, mark);

	if (!e || stale(e, orl_now(t->env)))
		return 0;
	uint64_t seconds = e->failures > 5 ? ORL_LOGIN_DELAY_MAX_S
					   : UINT64_C(1) << (e->failures - 1);
	return orl_min64(seconds, ORL_LOGIN_DELAY_MAX_S) * SECOND;
}

uint64_t orl_throttle_delay(
		struct orl_throttle *t, const char *net, const char *account)
{
	return orl_max64(delay(t, 'n', net), delay(t, 'a', account));
}

/*
 * Of two entries the one to give up: the stale one, then the one with fewer
 * failures, then the older. Plain age would let a peer flush the entry that
 * slows him down by failing under names he makes up.
 */
static bool worth_less(
		const struct entry *a, const struct entry *b, uint64_t now)
{
	if (stale(a, now) != stale(b, now))
		return stale(a, now);
	if (a->failures != b->failures)
		return a->failures < b->failures;
	return a->last < b->last;
}

static void failed(struct orl_throttle *t, char kind, const char *name)
{
	uint64_t now = orl_now(t->env);
	uint8_t mark[MARK];
	struct entry *e = find(t, kind, name, mark);

	if (!e) {
		e = &t->entries[0];
		for (size_t i = 1; i < ORL_COUNT(t->entries); i++) {
			if (worth_less(&t->entries[i], e, now))
				e = &t->entries[i];
		}
		e->failures = 0;
		memcpy(e->mark, mark, MARK);
	}
	if (stale(e, now))
		e->failures = 0;
	if (e->failures < UINT32_MAX)
		e->failures++;
	e->last = now;
}

void orl_throttle_failed(
		struct orl_throttle *t, const char *net, const char *account)
{
	failed(t, 'n', net);
	failed(t, 'a', account);
}

void orl_throttle_succeeded(
		struct orl_throttle *t, const char *net, const char *account)
{
	uint8_t mark[MARK];
	struct entry *e = find(t, 'n', net, mark);

	if (e)
		e->failures = 0;
	e = find(t, 'a', account, mark);
	if (e)
		e->failures = 0;
}
