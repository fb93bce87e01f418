/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "source/kind.h"

static const char jpegs[] = " jpg jpeg jpe jfif ";
static const char images[] = " png apng webp gif bmp dib tif tiff heic heif "
    "hif avif jp2 j2k jpx jxl jxr ppm pgm pbm pnm pam tga psd exr hdr dng "
    "cr2 cr3 nef arw orf rw2 raf ";

/* Usual beside images, and never one: not worth opening. */
static const char others[] = " txt cls csv tsv json jsonl xml yaml yml md "
    "html log ini db py sh npy npz pkl pt mat h5 tz tar zst gz zip mp4 wav "
    "mp3 pdf ";

static const char *const junk[] = { "__MACOSX", "lost+found", "@eaDir",
	"$RECYCLE.BIN", "System Volume Information" };

/* What follows the last dot, if that is more than a number. */
static const char *
extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || strspn(dot + 1, "0123456789") == strlen(dot + 1))
		return NULL;
	return dot + 1;
}

/* Whether a list of words between blanks has this one, in any case. */
static bool
has(const char *list, const char *word)
{
	const size_t size = strlen(word);

	while (*++list != '\0') {
		const size_t n = strcspn(list, " ");

		if (n == size && strncasecmp(list, word, n) == 0)
			return true;
		list += n;
	}
	return false;
}

enum src_name
src_name(const char *name)
{
	const char *text = extension(name);

	if (text == NULL)
		return SRC_NAME_BARE;
	return has(jpegs, text) ? SRC_NAME_JPEG : has(images, text) ?
	    SRC_NAME_IMAGE : has(others, text) ? SRC_NAME_OTHER :
	    SRC_NAME_UNKNOWN;
}

bool
src_is_picture_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return src_name(slash == NULL ? name : slash + 1) == SRC_NAME_JPEG;
}

bool
src_is_junk_name(const char *name)
{
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		if (strcmp(name, junk[i]) == 0)
			return true;
	return name[0] == '.';
}
