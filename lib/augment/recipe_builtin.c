/* SPDX-License-Identifier: MIT */
/*
 * The recipes of the papers, in ImageNet and CIFAR forms.  Where paper and
 * code differ, the code that made the published models is followed.
 */
#include "augment/recipe.h"

#define IMAGENET \
	"mean 0.485 0.456 0.406\n" \
	"std 0.229 0.224 0.225\n"
/* CIFAR-10's own mean and deviation over all pixels. */
#define CIFAR10 \
	"mean 0.4914 0.4822 0.4465\n" \
	"std 0.2470 0.2435 0.2616\n"
#define PLAIN \
	"mean 0 0 0\n" \
	"std 1 1 1\n"

const char recipe_builtin[] =
/* Grill et al. 2020, appendix B, and the released code: two different views,
 * colours on floats, one draw of the crop. */
"recipe byol BYOL on ImageNet: two unlike views\n"
"size 224\n" IMAGENET
"view weak\n"
"	crop area=0.08..1 ratio=0.75..1.3333333333 filter=bicubic tries=0\n"
"	flip p=0.5\n"
"	float\n"
"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.2 hue=0.1 way=add\n"
"	gray p=0.2\n"
"	blur p=1 sigma=0.1..2 kind=zero\n"
"view weak\n"
"	crop area=0.08..1 ratio=0.75..1.3333333333 filter=bicubic tries=0\n"
"	flip p=0.5\n"
"	float\n"
"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.2 hue=0.1 way=add\n"
"	gray p=0.2\n"
"	blur p=0.1 sigma=0.1..2 kind=zero\n"
"	solarize p=0.2 threshold=128\n"

/* solo-learn's asymmetric CIFAR form. */
"recipe byol-cifar BYOL on CIFAR: solarized in the second view\n"
"size 32\n" CIFAR10
"view weak\n"
"	crop area=0.08..1 filter=bicubic\n"
"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.2 hue=0.1\n"
"	gray p=0.2\n"
"	flip p=0.5\n"
"view weak\n"
"	crop area=0.08..1 filter=bicubic\n"
"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.2 hue=0.1\n"
"	gray p=0.2\n"
"	solarize p=0.2 threshold=128\n"
"	flip p=0.5\n"

"recipe cifar-basic what most CIFAR codes share\n"
"size 32\n" CIFAR10
"view weak\n"
"	crop area=0.2..1\n"
"	flip p=0.5\n"
"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.4 hue=0.1\n"
"	gray p=0.2\n"
"view weak\n"

/* He et al. 2020: gray before jitter, jitter always, hue to 0.4. */
"recipe mocov1 MoCo on ImageNet\n"
"size 224\n" IMAGENET
"view weak\n"
"	crop area=0.2..1\n"
"	gray p=0.2\n"
"	jitter brightness=0.4 contrast=0.4 saturation=0.4 hue=0.4\n"
"	flip p=0.5\n"
"view weak\n"

/* Chen et al. 2020 (2003.04297), \"aug+\". */
"recipe mocov2 MoCo v2 on ImageNet\n"
"size 224\n" IMAGENET
"view weak\n"
"	crop area=0.2..1\n"
"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.4 hue=0.1\n"
"	gray p=0.2\n"
"	blur p=0.5 sigma=0.1..2 kind=boxes\n"
"	flip p=0.5\n"
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
"	flip p=0.5\n"
"	float\n"
"	jitter p=0.8 brightness=0.8 contrast=0.8 saturation=0.8 hue=0.2\n"
"	gray p=0.2\n"
"	blur p=0.5 sigma=0.1..2 kind=zero\n"
"view weak\n"

/* The same, appendix B.9: half the strength, no blur. */
"recipe simclr-cifar SimCLR on CIFAR\n"
"size 32\n" PLAIN
"view weak\n"
"	crop area=0.08..1 filter=bicubic tries=100\n"
"	flip p=0.5\n"
"	float\n"
"	jitter p=0.8 brightness=0.4 contrast=0.4 saturation=0.4 hue=0.1\n"
"	gray p=0.2\n"
"view weak\n"

"recipe weak crop and flip only\n"
"size 224\n" IMAGENET
"view weak\n"
"	crop area=0.08..1\n"
"	flip p=0.5\n"
"view weak\n"
;
