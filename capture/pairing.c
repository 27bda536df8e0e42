/*
 * pairing.c - see pairing.h.
 */
#include "capture/pairing.h"

#include <errno.h>
#include <sys/random.h>

int orl_pairing_make(char out[static ORL_PAIRING_SIZE])
{
	/* No b g i l o q s u v z, no digits; sixteen, so nothing is biased. */
	static const char letters[] = "acdefhjkmnprtwxy";
	unsigned char random[8];
	ssize_t got;

	do
		got = getrandom(random, sizeof(random), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(random))
		return ORIEL_EIO;
	for (size_t i = 0; i < sizeof(random); i++) {
		*out++ = letters[random[i] >> 4];
		*out++ = letters[random[i] & 15];
		if (i % 2 && i + 1 < sizeof(random))
			*out++ = '-';
	}
	*out = 0;
	return 0;
}
