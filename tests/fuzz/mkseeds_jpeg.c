/*
 * mkseeds_jpeg.c FOLDER - the seeds of fuzz_jpeg: pictures by our own encoder
 * at each scale, and some that break one rule each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codecs/jpeg.h"
#include "codecs/layer.h"
#include "proto/io/host.h"

static const char *folder;

static void save(const char *name, int32_t width, int32_t height, unsigned kind,
		const uint8_t *data, size_t n)
{
	const uint8_t head[3] = { (uint8_t)(width - 1), (uint8_t)(height - 1),
		(uint8_t)kind };
	char path[512];

	snprintf(path, sizeof(path), "%s/fuzz_jpeg", folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/fuzz_jpeg/%s", folder, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(head, 1, 3, f) != 3 || fwrite(data, 1, n, f) != n ||
			fclose(f))
		abort();
}

/* What is at `at` becomes this byte. */
static void broken(const char *name, const uint8_t *data, size_t n, size_t at,
		uint8_t byte)
{
	uint8_t copy[4096];

	if (n > sizeof(copy) || at >= n)
		abort();
	memcpy(copy, data, n);
	copy[at] = byte;
	save(name, 40, 24, 0, copy, n);
}

/* Where a marker is. */
static size_t find(const uint8_t *data, size_t n, uint8_t marker)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (data[i] == 0xff && data[i + 1] == marker)
			return i;
	abort();
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "whole", "half", "quarter",
		"eighth" };
	static uint32_t pixels[96 * 96];
	struct orl_jpeg *j;
	struct orl_env env;
	const uint8_t *data;
	uint32_t noise = 7;
	size_t n;

	if (argc != 2 || orl_host_env(&env, NULL) || orl_jpeg_create(&j, &env))
		return 2;
	folder = argv[1];
	for (uint32_t i = 0; i < ORL_COUNT(pixels); i++) {
		noise = noise * 1664525U + 1013904223U;
		pixels[i] = (i % 96 * 2) << 16 | (i / 96 * 2) << 8 |
			    noise >> 28;
	}
	for (unsigned i = 0; i < ORL_COUNT(names); i++) {
		int32_t width = orl_layer_small(61, 1u << i);
		int32_t height = orl_layer_small(37, 1u << i);
		if (orl_jpeg_encode(j, pixels, 96, width, height,
				    30 + (int)i * 20, i & 1, &data, &n))
			return 2;
		save(names[i], 61, 37, i | (i & 2) << 1, data, n);
	}
	if (orl_jpeg_encode(j, pixels, 96, 40, 24, 60, true, &data, &n))
		return 2;
	size_t frame = find(data, n, 0xc0), scan = find(data, n, 0xda);
	broken("progressive", data, n, frame + 1, 0xc2);
	broken("arithmetic", data, n, frame + 1, 0xc9);
	broken("precision", data, n, frame + 4, 12);
	broken("height", data, n, frame + 6, 25);
	broken("width", data, n, frame + 7, 1);
	broken("components", data, n, frame + 9, 4);
	broken("red-green-blue", data, n, frame + 10, 'R');
	broken("sampling", data, n, frame + 11, 0x44);
	broken("sampling-of-colours", data, n, frame + 14, 0x22);
	broken("tables", data, n, frame + 12, 4);
	broken("scan-of-one", data, n, scan + 4, 1);
	broken("scan-of-another", data, n, scan + 5, 2);
	broken("scan-of-some", data, n, scan + 12, 5);
	broken("no-end", data, n, n - 1, 0xd0);
	broken("no-quantiser", data, n, find(data, n, 0xdb) + 1, 0xe0);
	broken("no-huffman", data, n, find(data, n, 0xc4) + 1, 0xe0);
	broken("comment", data, n, find(data, n, 0xe0) + 1, 0xfe);
	broken("adobe", data, n, find(data, n, 0xe0) + 1, 0xee);
	broken("length", data, n, scan + 2, 0xff);
	save("cut", 40, 24, 0, data, n / 2);
	save("twice", 40, 24, 4, data, n);
	orl_jpeg_destroy(j);
	return 0;
}
