/*
 * simd_loops: the passes over memory, written so that the compiler makes
 * vectors of them.  Included once by each simd_*.c after simd_tiles.h.
 */

/* The next loop's steps do not depend on each other. */
#ifdef __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* Channels that a pass over rows keeps in registers and first-level cache. */
#define CHANNELS 64

static void
loop_add(float *restrict y, const float *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

static void
loop_relu(float *y, const float *x, size_t n)
{
	INDEPENDENT
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] < 0 ? 0 : x[i];
}

static void
loop_relu_back(float *dx, const float *dy, const float *y, size_t n)
{
	INDEPENDENT
	for (size_t i = 0; i < n; i++)
		dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void
loop_average(float *restrict slow, const float *restrict fast, size_t n,
    float m)
{
	const float rest = 1 - m;

	for (size_t i = 0; i < n; i++)
		slow[i] = m * slow[i] + rest * fast[i];
}

static double
loop_square_sum(const float *x, size_t n)
{
	double sum = 0;

	while (n > 0) {
		const size_t now = n < 1024 ? n : 1024;
		float lane[32] = { 0 };
		size_t i = 0;

		for (; i + 32 <= now; i += 32)
			for (int j = 0; j < 32; j++)
				lane[j] += x[i + j] * x[i + j];
		for (int j = 0; i + j < now; j++)
			lane[j] += x[i + j] * x[i + j];
		for (int j = 0; j < 32; j++)
			sum += lane[j];
		x += now;
		n -= now;
	}
	return sum;
}

static float
loop_row_max(const float *x, size_t n)
{
	float lane[32], most = -__builtin_inff();
	size_t i = 0;

	for (int j = 0; j < 32; j++)
		lane[j] = most;
	for (; i + 32 <= n; i += 32)
		for (int j = 0; j < 32; j++)
			lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
	for (; i < n; i++)
		most = x[i] > most ? x[i] : most;
	for (int j = 0; j < 32; j++)
		most = lane[j] > most ? lane[j] : most;
	return most;
}

/*
 * exp to about one unit in the last place: 2^k times a polynomial within
 * half an octave (coefficients as in Cephes); what lies below the smallest
 * normal number is 0.  The sum with 1.5 2^23 rounds to a whole k, whose bits
 * then stand at the bottom.
 */
static inline float
loop_exp(float x)
{
	const float whole = 12582912.0f;
	const float low = x < -87 ? -87 : x;
	const float most = low > 88 ? 88 : low;
	const float shifted = most * 1.44269504f + whole;
	const float k = shifted - whole;
	const float near = most - k * 0.693359375f;
	const float r = near + k * 2.12194440e-4f;
	float y = 1.9875691500e-4f;
	uint32_t bits, power;

	y = y * r + 1.3981999507e-3f;
	y = y * r + 8.3334519073e-3f;
	y = y * r + 4.1665795894e-2f;
	y = y * r + 1.6666665459e-1f;
	y = y * r + 5.0000001201e-1f;
	y = y * r * r + r + 1;
	__builtin_memcpy(&bits, &y, sizeof(bits));
	__builtin_memcpy(&power, &shifted, sizeof(power));
	bits += power << 23;
	__builtin_memcpy(&y, &bits, sizeof(y));
	return x < -87 ? 0 : y;
}

static double
loop_row_exp(float *x, size_t n, float scale, float top)
{
	float lane[32] = { 0 };
	double sum = 0;
	size_t i = 0;

	for (; i + 32 <= n; i += 32)
		for (int j = 0; j < 32; j++) {
			x[i + j] = loop_exp(scale * (x[i + j] - top));
			lane[j] += x[i + j];
		}
	for (; i < n; i++) {
		x[i] = loop_exp(scale * (x[i] - top));
		sum += (double)x[i];
	}
	for (int j = 0; j < 32; j++)
		sum += (double)lane[j];
	return sum;
}

static void
loop_row_exp_by(float *restrict x, const float *restrict top, size_t n,
    float scale)
{
	for (size_t i = 0; i < n; i++)
		x[i] = loop_exp(scale * (x[i] - top[i]));
}

static void
loop_sgd(float *restrict p, float *restrict v, const float *restrict g,
    size_t n, const struct sgd *o)
{
	const float decay = o->decay, momentum = o->momentum;
	const float in = o->rate_in, out = o->rate_out;

	if (o->nesterov) {
		for (size_t i = 0; i < n; i++) {
			const float step = in * (g[i] + decay * p[i]);

			v[i] = momentum * v[i] + step;
			p[i] -= out * (step + momentum * v[i]);
		}
		return;
	}
	for (size_t i = 0; i < n; i++) {
		v[i] = momentum * v[i] + in * (g[i] + decay * p[i]);
		p[i] -= out * v[i];
	}
}

static void
loop_adam(float *restrict p, float *restrict m, float *restrict v,
    const float *restrict g, size_t n, const struct adam *o)
{
	const float keep = o->decoupled ? 1 - o->rate * o->decay : 1;
	const float decay = o->decoupled ? 0 : o->decay;
	const float rate = o->rate / o->correct1;
	const float root = 1 / __builtin_sqrtf(o->correct2);
	const float beta1 = o->beta1, beta2 = o->beta2, eps = o->epsilon;

	for (size_t i = 0; i < n; i++) {
		const float slope = g[i] + decay * p[i];
		const float first = beta1 * m[i] + (1 - beta1) * slope;
		const float second = beta2 * v[i] + (1 - beta2) * slope * slope;

		m[i] = first;
		v[i] = second;
		p[i] = keep * p[i]
		    - rate * first / (__builtin_sqrtf(second) * root + eps);
	}
}

static void
loop_add_rows(float *restrict y, const float *restrict b, size_t rows,
    size_t c)
{
	for (size_t r = 0; r < rows; r++, y += c)
		for (size_t i = 0; i < c; i++)
			y[i] += b[i];
}

static void
loop_sum_rows(double *sum, const float *x, size_t rows, size_t c)
{
	for (size_t c0 = 0; c0 < c; c0 += CHANNELS) {
		const size_t n = c - c0 < CHANNELS ? c - c0 : CHANNELS;
		float part[CHANNELS] = { 0 };

		for (size_t r = 0; r < rows; r++) {
			const float *from = x + r * c + c0;

			for (size_t i = 0; i < n; i++)
				part[i] += from[i];
			if ((r + 1) % SHORT_SUM != 0 && r + 1 < rows)
				continue;
			for (size_t i = 0; i < n; i++) {
				sum[c0 + i] += (double)part[i];
				part[i] = 0;
			}
		}
	}
}

const struct simd_pass SET(simd_pass) = {
	.add = loop_add,
	.relu = loop_relu,
	.relu_back = loop_relu_back,
	.average = loop_average,
	.square_sum = loop_square_sum,
	.add_rows = loop_add_rows,
	.sum_rows = loop_sum_rows,
};

const struct simd_softmax SET(simd_softmax) = {
	.max = loop_row_max,
	.exp = loop_row_exp,
	.exp_by = loop_row_exp_by,
};

const struct simd_step SET(simd_step) = {
	.sgd = loop_sgd,
	.adam = loop_adam,
};
