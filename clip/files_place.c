/*
 * files_place.c - where files that a desktop pastes are put: a folder with a
 * name that nobody can guess, for this user alone, with one in it for each
 * paste. It goes with the program.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clip/files.h"

/* The folder of the one who calls first; there is one clipboard a program. */
static char place[ORL_FILES_PATH - 64];
static unsigned newest, oldest = 1;

bool orl_files_place(char out[static ORL_FILES_PATH])
{
	const char *base = getenv("TMPDIR");

	if (!base || base[0] != '/' || strlen(base) > 1024)
		base = "/tmp";
	if (!place[0]) {
		snprintf(place, sizeof(place), "%s/oriel-paste.XXXXXX", base);
		if (!mkdtemp(place)) {
			place[0] = 0;
			return false;
		}
	}
	snprintf(out, ORL_FILES_PATH, "%s/%u", place, newest + 1);
	if (mkdir(out, 0700) != 0)
		return false;
	newest++;
	return true;
}

/* One level deep: nothing of ours is deeper. */
static void take_away(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(fd, e->d_name, 0);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	rmdir(path);
}

void orl_files_place_end(unsigned keep)
{
	char path[ORL_FILES_PATH];

	for (; place[0] && oldest + keep <= newest; oldest++) {
		snprintf(path, sizeof(path), "%s/%u", place, oldest);
		take_away(path);
	}
	if (place[0] && !keep) {
		rmdir(place);
		place[0] = 0;
	}
}
