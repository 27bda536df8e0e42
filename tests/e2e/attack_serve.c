/*
 * attack_serve.c - the harness of attacks on a server: a client that behaves,
 * in a thread of its own, and the server's memory and time by /proc.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <oriel/oriel-client.h>

#include "tests/e2e/attack.h"

enum { MIB = 1 << 20, GROWTH_MAX = 96, GAPS = 8192 };

/* ---- the client that behaves ------------------------------------------- */

/* It sees each update of a desktop that moves 30 times a second. */
static struct {
	struct oriel_client *client;
	char address[64], password[256];
	pthread_t thread;
	pthread_mutex_t lock;
	uint64_t last;
	unsigned gaps[GAPS], n;
	atomic_bool stop, lost;
} calm = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void on_state(void *user, enum oriel_client_state state, int error,
		const char *text)
{
	(void)user;
	(void)text;
	if (state == ORIEL_CLIENT_IDLE || error)
		atomic_store(&calm.lost, true);
}

static void on_trust(void *user, const uint8_t sha256[32], bool verified)
{
	(void)user;
	(void)sha256;
	(void)verified;
	oriel_client_trust(calm.client, true);
}

static void on_login(void *user)
{
	(void)user;
	if (oriel_client_login(calm.client, NULL, calm.password) < 0)
		atomic_store(&calm.lost, true);
}

static void on_updated(void *user, struct oriel_screen *screen,
		const struct oriel_rect *rects, size_t count)
{
	uint64_t now = raw_ms();

	(void)user;
	(void)screen;
	(void)rects;
	(void)count;
	pthread_mutex_lock(&calm.lock);
	if (calm.last && calm.n < GAPS)
		calm.gaps[calm.n++] = (unsigned)(now - calm.last);
	calm.last = now;
	pthread_mutex_unlock(&calm.lock);
}

static void *look(void *arg)
{
	(void)arg;
	while (!atomic_load(&calm.stop))
		if (oriel_client_wait(calm.client, 100) < 0)
			break;
	return NULL;
}

static bool begin_calm(void)
{
	static const struct oriel_client_events events = {
		.size = sizeof(events),
		.state = on_state,
		.trust_wanted = on_trust,
		.login_wanted = on_login,
		.screen_updated = on_updated,
	};
	struct oriel_client_config config = { .size = sizeof(config),
		.events = &events };

	return oriel_client_create(&calm.client, &config) == 0 &&
	       oriel_client_connect(calm.client, calm.address) == 0 &&
	       pthread_create(&calm.thread, NULL, look, NULL) == 0;
}

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The 99th percentile of what was between updates since the last call. */
static unsigned calm_p99(void)
{
	unsigned p99 = 0;

	pthread_mutex_lock(&calm.lock);
	qsort(calm.gaps, calm.n, sizeof(*calm.gaps), by_value);
	if (calm.n)
		p99 = calm.gaps[calm.n * 99 / 100];
	calm.n = 0;
	pthread_mutex_unlock(&calm.lock);
	return p99;
}

/* It sees another update within twenty seconds. */
static bool calm_sees(void)
{
	uint64_t since = raw_ms(), last;

	while (raw_ms() - since < 20000) {
		pthread_mutex_lock(&calm.lock);
		last = calm.last;
		pthread_mutex_unlock(&calm.lock);
		if (last > since)
			return true;
		usleep(5000);
	}
	return false;
}

/* ---- the victim -------------------------------------------------------- */

static pid_t victim;

static uint64_t status_kib(const char *key)
{
	char path[64], line[256];
	uint64_t value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)victim);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoull(line + strlen(key) + 1, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

/* From now on VmHWM is the most since now. */
static void forget_peak(void)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)victim);
	f = fopen(path, "w");
	if (f) {
		fputs("5", f);
		fclose(f);
	}
}

static uint64_t cpu_ms(void)
{
	char path[64], text[1024] = "";
	unsigned long long user = 0, sys = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)victim);
	f = fopen(path, "r");
	if (f && fgets(text, sizeof(text), f) && strrchr(text, ')'))
		sscanf(strrchr(text, ')'),
				") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
				"%llu %llu",
				&user, &sys);
	if (f)
		fclose(f);
	return (user + sys) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static bool run(struct attack *a, const struct attack_case *c)
{
	bool ok = true;

	calm_p99();
	usleep(400000);
	unsigned before = calm_p99();
	forget_peak();
	uint64_t rss = status_kib("VmRSS"), cpu = cpu_ms(), start = raw_ms();
	const char *did = c->run(a);
	uint64_t took = raw_ms() - start;
	cpu = cpu_ms() - cpu;
	uint64_t peak = status_kib("VmHWM");
	unsigned during = calm_p99();
	uint64_t grown = peak > rss ? (peak - rss) / 1024 : 0;

	raw_hang_up(&a->r);
	printf("%-34s | %-48s | +%3u MiB, %5u of %5u ms | %3u/%3u ms\n",
			c->name, did, (unsigned)grown, (unsigned)cpu,
			(unsigned)took, before, during);
	if (kill(victim, 0) < 0) {
		printf("FAIL: the server is gone\n");
		return false;
	}
	if (strncmp(did, c->expected, strlen(c->expected)) != 0) {
		printf("FAIL: expected: %s\n", c->expected);
		ok = false;
	}
	if (grown > GROWTH_MAX) {
		printf("FAIL: more than %d MiB\n", GROWTH_MAX);
		ok = false;
	}
	if (atomic_load(&calm.lost) || !calm_sees()) {
		printf("FAIL: another client sees nothing any more\n");
		ok = false;
	}
	return ok;
}

static bool read_password(const char *path)
{
	FILE *f = fopen(path, "r");
	bool ok = f && fgets(calm.password, sizeof(calm.password), f);

	if (f)
		fclose(f);
	calm.password[strcspn(calm.password, "\n")] = 0;
	return ok;
}

int attack_serve(struct attack *a, int argc, char **argv)
{
	const char *only = getenv("ATTACK_CASE");
	char *port = strchr(argv[0], ':');
	struct orl_env env;
	bool ok = true;

	(void)argc;
	victim = (pid_t)atoi(argv[1]);
	if (!port || !read_password(argv[2]))
		return 2;
	a->to.sin_family = AF_INET;
	a->to.sin_port = htons((uint16_t)atoi(port + 1));
	a->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->password = calm.password;
	snprintf(calm.address, sizeof(calm.address), "oriel://%s", argv[0]);
	raw_env(&env);
	if (orl_tls_context_create(&a->tls, &env,
			    &(struct orl_tls_config){ .server = false }) < 0 ||
			!begin_calm() || !calm_sees())
		return 2;
	a->r.fd = -1;
	printf("case | what the server did | memory and processor time it "
	       "took | p99 between another client's updates, before/during\n");
	for (const struct attack_case *c = attack_serve_cases; c->name; c++)
		if (only ? !strcmp(only, c->name) : attack_slow || !c->slow)
			ok &= run(a, c);
	atomic_store(&calm.stop, true);
	oriel_client_wake(calm.client);
	pthread_join(calm.thread, NULL);
	oriel_client_destroy(calm.client);
	orl_tls_context_destroy(a->tls);
	return !ok;
}
