/*
 * fuzz_domain.c - any bytes as what libvirt says about a domain: an address
 * that ends, or a sentence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char address[32];
	/* A block of its own: a sanitizer sees a byte too far. */
	char *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	memset(address, 1, sizeof(address));
	if (!orl_domain_address(address, sizeof(address), copy, size) &&
			(!address[0] || !memchr(address, 0, sizeof(address))))
		abort();
	free(copy);
	return 0;
}
