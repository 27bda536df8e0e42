/*
 * screen_file.c - see screen_file.h. The file is an XWD dump.
 */
#include "bench/screen_file.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The fields of its header that are needed, by number. */
enum {
	HEADER_SIZE = 0,
	WIDTH = 4,
	HEIGHT = 5,
	BITS = 11,
	PITCH = 12,
	COLOURS = 19,
	HEADER_WORDS = 25,
	COLOUR_BYTES = 12
};

int screen_file_map(struct screen_file *out, const char *path, int32_t width,
		int32_t height)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint32_t word[HEADER_WORDS];
	void *map = MAP_FAILED;
	if (fd >= 0 && !fstat(fd, &st) &&
			read(fd, word, sizeof(word)) == sizeof(word))
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd,
				0);
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < HEADER_WORDS; i++)
		word[i] = ntohl(word[i]);
	uint64_t at = (uint64_t)word[HEADER_SIZE] +
		      (uint64_t)word[COLOURS] * COLOUR_BYTES;
	if (word[BITS] != 32 || word[WIDTH] != (uint32_t)width ||
			word[HEIGHT] != (uint32_t)height || word[PITCH] % 4 ||
			at % 4 ||
			at + (uint64_t)word[PITCH] * word[HEIGHT] >
					(uint64_t)st.st_size)
		return -1;
	out->stride = word[PITCH] / 4;
	out->pixels = (const void *)((const uint8_t *)map + at);
	return 0;
}
