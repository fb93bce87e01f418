/* SPDX-License-Identifier: MIT */
/*
 * The recipes of the papers, in ImageNet and CIFAR forms.  Where paper and
 * code differ, the code that made the published models is followed, and the
 * paper's form has a name of its own.
 */
#include "augment/recipe.h"

#define IMAGENET \
	"mean 0.485 0.456 0.406\n" \
	"std 0.229 0.224 0.225\n"
/* CIFAR-10's own mean and deviation over all pixels. */
#define CIFAR10 \
	"mean 0.4914 0.4822 0.4465\n" \
	"std 0.2470 0.2435 0.2616\n"
/* With the mean of the pictures' own deviations, as many codes have it. */
#define CIFAR10_A \
	"mean 0.4914 0.4822 0.4465\n" \
	"std 0.2023 0.1994 0.2010\n"
#define PLAIN \
	"mean 0 0 0\n" \
	"std 1 1 1\n"

#define COLOURS \
	"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.4 hue=0.1\n"
/* Grill et al. 2020: weaker saturation. */
#define COLOURS_BYOL \
	"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.2 hue=0.1"
/* Chen et al. 2020 at full strength. */
#define COLOURS_SIMCLR \
	"	jitter p=0.8 brightness=0.8 contrast=0.8 saturation=0.8 hue=0.2\n"
#define GRAY "	gray p=0.2\n"
#define FLIP "	flip p=0.5\n"
#define BLUR "	blur p=0.5 sigma=0.1..2 kind=boxes\n"
#define CROP(low, high) "	crop area=" low ".." high "\n"
#define CROP_CUBIC "	crop area=0.08..1 filter=bicubic\n"

/* MoCo v2's "aug+", which CLSA and i-Mix take over. */
#define AUG_PLUS(low, high) CROP(low, high) COLOURS GRAY BLUR FLIP
/* The same without blur, for 32 px. */
#define AUG_SMALL(low, high) CROP(low, high) COLOURS GRAY FLIP

/* CLSA's code: magnitudes of 1 to 9 tenths, identity among the choices, and
 * nothing that brightens. */
#define PICK_CODE \
	"	pick times=5 each=0.5\n" \
	"	| shearx by=0.03..0.27/9 sign=random\n" \
	"	| sheary by=0.03..0.27/9 sign=random\n" \
	"	| translatex by=0.03..0.27/9 sign=random\n" \
	"	| translatey by=0.03..0.27/9 sign=random\n" \
	"	| rotate by=3..27/9 sign=random\n" \
	"	| autocontrast\n" \
	"	| equalize\n" \
	"	| identity\n" \
	"	| solarize threshold=25.6..230.4/9\n" \
	"	| posterize bits=4.4..7.6/9\n" \
	"	| contrast factor=0.14..0.86/9\n" \
	"	| saturation factor=0.14..0.86/9\n" \
	"	| brightness factor=0.14..0.86/9\n" \
	"	| sharpness factor=0.14..0.86/9\n"
/* Its paper: any magnitude, invert instead. */
#define PICK_PAPER \
	"	pick times=5 each=0.5\n" \
	"	| shearx by=-0.3..0.3\n" \
	"	| sheary by=-0.3..0.3\n" \
	"	| translatex by=-0.3..0.3\n" \
	"	| translatey by=-0.3..0.3\n" \
	"	| rotate by=-30..30\n" \
	"	| autocontrast\n" \
	"	| equalize\n" \
	"	| invert\n" \
	"	| solarize threshold=0..256\n" \
	"	| posterize bits=4..8/5\n" \
	"	| contrast factor=0.05..0.95\n" \
	"	| saturation factor=0.05..0.95\n" \
	"	| brightness factor=0.05..0.95\n" \
	"	| sharpness factor=0.05..0.95\n"

/* Query and key, then one small strong view. */
#define CLSA(pick) \
	IMAGENET \
	"view weak size=224\n" AUG_PLUS("0.2", "1") \
	"view weak size=224\n" \
	"view strong size=96\n" AUG_PLUS("0.086", "0.429") pick

/* Query and key, then the other weak queries, then the strong ones. */
#define CLSA_MULTI(pick) \
	IMAGENET \
	"view weak size=224\n" AUG_PLUS("0.2", "1") \
	"view weak size=224\n" \
	"view weak size=192\n" AUG_PLUS("0.172", "0.86") \
	"view weak size=160\n" AUG_PLUS("0.143", "0.715") \
	"view weak size=128\n" AUG_PLUS("0.114", "0.571") \
	"view weak size=96\n" AUG_PLUS("0.086", "0.429") \
	"view strong size=224\n" AUG_PLUS("0.2", "1") pick \
	"view strong size=192\n" AUG_PLUS("0.172", "0.86") pick \
	"view strong size=160\n" AUG_PLUS("0.143", "0.715") pick \
	"view strong size=128\n" AUG_PLUS("0.114", "0.571") pick \
	"view strong size=96\n" AUG_PLUS("0.086", "0.429") pick

/* No paper says how CLSA goes at 32 px: MoCo's own steps for CIFAR, and
 * strong views as large as weak ones. */
#define CLSA_CIFAR(low, high) CROP(low, high) FLIP COLOURS GRAY

const char recipe_builtin[] =
/* Grill et al. 2020, appendix B, and the released code: two different views,
 * colours on floats, one draw of the crop. */
"recipe byol BYOL on ImageNet: two unlike views\n"
"size 224\n" IMAGENET
"view weak\n"
"	crop area=0.08..1 ratio=0.75..1.3333333333 filter=bicubic tries=0\n"
FLIP
"	float\n"
COLOURS_BYOL " way=add\n"
GRAY
"	blur p=1 sigma=0.1..2 kind=zero\n"
"view weak\n"
"	crop area=0.08..1 ratio=0.75..1.3333333333 filter=bicubic tries=0\n"
FLIP
"	float\n"
COLOURS_BYOL " way=add\n"
GRAY
"	blur p=0.1 sigma=0.1..2 kind=zero\n"
"	solarize p=0.2 threshold=128\n"

/* solo-learn's asymmetric CIFAR form. */
"recipe byol-cifar BYOL on CIFAR: solarized in the second view\n"
"size 32\n" CIFAR10
"view weak\n" CROP_CUBIC COLOURS_BYOL "\n" GRAY FLIP
"view weak\n" CROP_CUBIC COLOURS_BYOL "\n" GRAY
"	solarize p=0.2 threshold=128\n"
FLIP

"recipe cifar-basic what most CIFAR codes share\n"
"size 32\n" CIFAR10
"view weak\n" CROP("0.2", "1") FLIP COLOURS GRAY
"view weak\n"

/* Wang and Qi 2021 (2104.07713): query, key, strong. */
"recipe clsa CLSA on ImageNet: query, key, one strong view; as its code\n"
CLSA(PICK_CODE)
"recipe clsa-cifar CLSA on CIFAR: query, key, one strong view\n"
"size 32\n" CIFAR10_A
"view weak\n" CLSA_CIFAR("0.2", "1")
"view weak\n"
"view strong\n" CLSA_CIFAR("0.086", "0.429") PICK_CODE
"recipe clsa-code the same as clsa\n"
CLSA(PICK_CODE)
"recipe clsa-multi CLSA on ImageNet: key, five weak and five strong sizes\n"
CLSA_MULTI(PICK_CODE)
"recipe clsa-multi-cifar the same in a seventh of the size\n"
CIFAR10_A
"view weak size=32\n" CLSA_CIFAR("0.2", "1")
"view weak size=32\n"
"view weak size=28\n" CLSA_CIFAR("0.172", "0.86")
"view weak size=24\n" CLSA_CIFAR("0.143", "0.715")
"view weak size=20\n" CLSA_CIFAR("0.114", "0.571")
"view weak size=16\n" CLSA_CIFAR("0.086", "0.429")
"view strong size=32\n" CLSA_CIFAR("0.2", "1") PICK_CODE
"view strong size=28\n" CLSA_CIFAR("0.172", "0.86") PICK_CODE
"view strong size=24\n" CLSA_CIFAR("0.143", "0.715") PICK_CODE
"view strong size=20\n" CLSA_CIFAR("0.114", "0.571") PICK_CODE
"view strong size=16\n" CLSA_CIFAR("0.086", "0.429") PICK_CODE
"recipe clsa-multi-paper clsa-multi with the paper's magnitudes\n"
CLSA_MULTI(PICK_PAPER)
"recipe clsa-paper clsa with the paper's magnitudes\n"
CLSA(PICK_PAPER)

"recipe evaluate the middle of the picture, as networks are tested\n"
"size 224\n" IMAGENET
"view weak\n"
"	centre side=256\n"

/* Lee et al. 2021 (2010.08887); the pairs are mixed later, by ssl-mix. */
"recipe imix i-Mix on ImageNet: MoCo v2's views\n"
"size 224\n" IMAGENET
"view weak\n" AUG_PLUS("0.2", "1")
"view weak\n"
"recipe imix-cifar i-Mix on CIFAR\n"
"size 32\n" CIFAR10_A
"view weak\n" AUG_SMALL("0.2", "1")
"view weak\n"

"recipe imix-tabular rows of numbers; dropout.columns=10 for CovType\n"
"size 0\n" PLAIN
"view weak\n"
"	dropout rate=0.2\n"
"view weak\n"

"recipe lightly-cifar lightly's benchmark: SimCLR's steps on bytes\n"
"size 32\n" CIFAR10
"view weak\n" CROP("0.08", "1") FLIP COLOURS GRAY
"view weak\n"

"recipe linear training of a linear classifier on ImageNet: one view\n"
"size 224\n" IMAGENET
"view weak\n" CROP("0.08", "1") FLIP
"recipe linear-cifar training of a linear classifier on CIFAR: one view\n"
"size 32\n" CIFAR10_A
"view weak\n"
"	pad px=4\n"
FLIP

/* He et al. 2020: gray before jitter, jitter always, hue to 0.4. */
"recipe mocov1 MoCo on ImageNet\n"
"size 224\n" IMAGENET
"view weak\n" CROP("0.2", "1") GRAY
"	jitter brightness=0.4 contrast=0.4 saturation=0.4 hue=0.4\n"
FLIP
"view weak\n"
"recipe mocov1-cifar MoCo's steps at 32 px\n"
"size 32\n" CIFAR10_A
"view weak\n" CROP("0.2", "1") GRAY
"	jitter brightness=0.4 contrast=0.4 saturation=0.4 hue=0.4\n"
FLIP
"view weak\n"

/* Chen et al. 2020 (2003.04297), "aug+". */
"recipe mocov2 MoCo v2 on ImageNet\n"
"size 224\n" IMAGENET
"view weak\n" AUG_PLUS("0.2", "1")
"view weak\n"
"recipe mocov2-cifar MoCo's own notebook on CIFAR\n"
"size 32\n" CIFAR10_A
"view weak\n" CROP("0.08", "1") FLIP COLOURS GRAY
"view weak\n"
"recipe mocov2-cifar-solo solo-learn's symmetric weak form, with blur\n"
"size 32\n" CIFAR10
"view weak\n" CROP_CUBIC COLOURS GRAY BLUR FLIP
"view weak\n"

"recipe none pictures as they are, twice\n"
"size 0\n" PLAIN
"view weak\n"
"view weak\n"

/* Chen et al. 2020 (2002.05709), appendix A, and the released code (v2):
 * colours on floats, factors multiplied, no mean and deviation. */
"recipe simclr SimCLR on ImageNet\n"
"size 224\n" PLAIN
"view weak\n"
"	crop area=0.08..1 filter=bicubic tries=100\n"
FLIP
"	float\n"
COLOURS_SIMCLR
GRAY
"	blur p=0.5 sigma=0.1..2 kind=zero\n"
"view weak\n"
/* The same, appendix B.9: half the strength, no blur. */
"recipe simclr-cifar SimCLR on CIFAR\n"
"size 32\n" PLAIN
"view weak\n"
"	crop area=0.08..1 filter=bicubic tries=100\n"
FLIP
"	float\n"
COLOURS
GRAY
"view weak\n"
"recipe simclr-cifar-solo solo-learn's symmetric form, with blur\n"
"size 32\n" CIFAR10
"view weak\n" CROP_CUBIC COLOURS_SIMCLR GRAY BLUR FLIP
"view weak\n"

/* Assran et al. 2020 (2006.10803). */
"recipe suncet SuNCEt on ImageNet; --views 1 for labelled pictures\n"
"size 224\n" PLAIN
"view weak\n" CROP("0.08", "1") FLIP COLOURS_SIMCLR GRAY BLUR
"view weak\n"
"recipe suncet-cifar SuNCEt on CIFAR, as its first code\n"
"size 32\n" PLAIN
"view weak\n" CROP("0.08", "1") FLIP COLOURS GRAY
"view weak\n"
"recipe suncet-cifar-head SuNCEt on CIFAR, as its later code\n"
"size 32\n" PLAIN
"view weak\n" CROP("0.5", "1") FLIP COLOURS GRAY
"	solarize p=0.2 threshold=0..256\n"
"	equalize p=0.2\n"
"view weak\n"

/* Khosla et al. 2020 (2004.11362). */
"recipe supcon-cifar supervised contrastive learning on CIFAR\n"
"size 32\n" CIFAR10_A
"view weak\n" CROP("0.2", "1") FLIP COLOURS GRAY
"view weak\n"

"recipe weak crop and flip only\n"
"size 224\n" IMAGENET
"view weak\n" CROP("0.08", "1") FLIP
"view weak\n"
"recipe weak-cifar crop and flip only\n"
"size 32\n" CIFAR10
"view weak\n" CROP("0.08", "1") FLIP
"view weak\n"
;
