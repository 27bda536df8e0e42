/* test_metrics.c - the metrics page, over a real socket. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/metrics.h"

static struct orl_metrics *metrics;
static char address[256];

static size_t page(void *user, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "page %d\n", *(int *)user);
}

static int setup(void **state)
{
	static int number = 7;

	(void)state;
	return orl_metrics_open(
			&metrics, "0", page, &number, address, sizeof(address));
}

static int teardown(void **state)
{
	(void)state;
	orl_metrics_close(metrics);
	return 0;
}

static int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Let it do what is ready; *due as it says. */
static size_t turn(uint64_t now, uint64_t *due)
{
	struct pollfd fds[ORL_METRICS_FDS];
	uint64_t when = UINT64_MAX;

	orl_metrics_run(metrics, now);
	size_t n = orl_metrics_watch(metrics, fds, &when);
	if (due)
		*due = when;
	return n;
}

static void ask(const char *request, const char *status, const char *body)
{
	char answer[1024] = "";
	size_t n = 0;
	int fd = dial();

	assert_int_equal(
			send(fd, request, strlen(request), 0), strlen(request));
	for (int i = 0; i < 5; i++)
		turn(0, NULL);
	for (ssize_t got = 1; got > 0 && n < sizeof(answer) - 1;
			n += (size_t)got)
		if ((got = recv(fd, answer + n, sizeof(answer) - 1 - n, 0)) < 0)
			break;
	close(fd);
	assert_memory_equal(answer, status, strlen(status));
	assert_non_null(strstr(answer, "\r\n\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n") + 4, body);
}

static void it_answers_one_question_only(void **state)
{
	(void)state;
	assert_memory_equal(address, "127.0.0.1:", 10);
	ask("GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n", "page 7\n");
	ask("GET /metrics?x HTTP/1.1\r\nA: b\r\n\r\n", "HTTP/1.0 200 OK\r\n",
			"page 7\n");
	ask("GET /metrics\n\n", "HTTP/1.0 200 OK\r\n", "page 7\n");
	ask("GET /metricsx HTTP/1.0\r\n\r\n", "HTTP/1.0 404 ", "");
	ask("POST /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 404 ", "");
	ask("\r\n\r\n", "HTTP/1.0 404 ", "");
}

static void who_says_nothing_is_cut_off(void **state)
{
	int fds[ORL_METRICS_CONNECTIONS];
	uint64_t due;
	char c;

	(void)state;
	for (int i = 0; i < ORL_METRICS_CONNECTIONS; i++)
		fds[i] = dial();
	/* All places taken: nobody else is accepted. */
	assert_int_equal(turn(0, &due), ORL_METRICS_CONNECTIONS);
	assert_true(due < UINT64_MAX);
	assert_int_equal(turn(due - 1, &due), ORL_METRICS_CONNECTIONS);
	assert_int_equal(turn(due, &due), 1);
	assert_int_equal(due, UINT64_MAX);
	for (int i = 0; i < ORL_METRICS_CONNECTIONS; i++) {
		assert_int_equal(recv(fds[i], &c, 1, 0), 0);
		close(fds[i]);
	}
}

static void who_says_too_much_is_cut_off(void **state)
{
	static char much[ORL_METRICS_REQUEST + 100];
	int fd = dial();
	char c;

	(void)state;
	memset(much, 'x', sizeof(much));
	assert_int_equal(send(fd, much, sizeof(much), 0), sizeof(much));
	for (int i = 0; i < 5; i++)
		turn(0, NULL);
	assert_int_equal(turn(0, NULL), 1);
	assert_true(recv(fd, &c, 1, 0) <= 0);
	close(fd);
}

static void addresses_are_checked(void **state)
{
	struct orl_metrics *other = NULL;
	char why[256] = "";
	int number = 0;

	(void)state;
	assert_int_equal(orl_metrics_open(&other, "127.0.0.1:x", page, &number,
					 why, sizeof(why)),
			-1);
	assert_string_not_equal(why, "");
	/* Somebody has this one. */
	assert_int_equal(orl_metrics_open(&other, address, page, &number, why,
					 sizeof(why)),
			-1);
	assert_null(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_answers_one_question_only),
		cmocka_unit_test(who_says_nothing_is_cut_off),
		cmocka_unit_test(who_says_too_much_is_cut_off),
		cmocka_unit_test(addresses_are_checked),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
