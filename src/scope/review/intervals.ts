/** A share with the range in which it lies, with a confidence of 95 % unless another is named. */
export type Interval = { low: number; high: number };

/** One stratum of a sample: how many there are, how many were looked at, how many of these count. */
export type Stratum = { size: number; looked: number; counted: number };

/**
 * Clopper and Pearson 1934: exact for one simple sample; `looked` and `counted` need not be whole numbers.
 */
export function clopperPearson(counted: number, looked: number, confidence = 0.95): Interval {
  if (looked <= 0) return { low: 0, high: 1 };
  const tail = (1 - confidence) / 2;
  return {
    low: counted <= 0 ? 0 : betaQuantile(tail, counted, looked - counted + 1),
    high: counted >= looked ? 1 : betaQuantile(1 - tail, counted + 1, looked - counted),
  };
}

/**
 * The share of what counts in all strata together, with an interval (Korn and Graubard 1998: Clopper and
 * Pearson with the effective size of the sample). Where nothing counted, or everything did, all that might
 * have been missed is taken to lie where least was looked.
 */
export function stratifiedShare(
  strata: readonly Stratum[],
  confidence = 0.95,
): { share: number; interval: Interval } | null {
  const there = strata.filter(({ size }) => size > 0);
  const looked = there.filter((one) => one.looked > 0);
  if (looked.length === 0) return null;
  // A stratum without any look may hold anything; what is said is of the others.
  const total = looked.reduce((sum, { size }) => sum + size, 0);
  const unseen = there.reduce((sum, { size }) => sum + size, 0) - total;
  let share = 0;
  let eased = 0;
  let variance = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { size, looked: count, counted } of looked) {
    const part = size / total;
    share += (part * counted) / count;
    // Half a one more on each side: a stratum in which nothing was found is not thereby known for sure.
    const rate = (counted + 0.5) / (count + 1);
    const finite = size > 1 ? (size - count) / (size - 1) : 0;
    eased += part * rate;
    variance += (part * part * rate * (1 - rate) * Math.max(0, finite)) / count;
    if (count < size) least = Math.min(least, count / part);
  }
  const effective = variance === 0 ? Number.POSITIVE_INFINITY : (eased * (1 - eased)) / variance;
  const extreme = share === 0 || share === 1;
  const size = Math.min(extreme ? least : effective, least === Number.POSITIVE_INFINITY ? least : total);
  const interval =
    size === Number.POSITIVE_INFINITY
      ? { low: share, high: share }
      : clopperPearson(share * size, size, confidence);
  if (unseen === 0) return { share, interval };
  const all = total + unseen;
  return {
    share,
    interval: { low: (interval.low * total) / all, high: (interval.high * total + unseen) / all },
  };
}

/** Where the regularised incomplete beta function reaches `chance`, by halving. */
function betaQuantile(chance: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < chance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** NIST DLMF 8.17.22: the continued fraction, by Lentz. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front =
    Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let f = 1;
  let c = 1;
  let d = 0;
  for (let term = 0; term <= 400; term += 1) {
    const half = term >> 1;
    const numerator =
      term === 0
        ? 1
        : term % 2 === 0
          ? (half * (b - half) * x) / ((a + 2 * half - 1) * (a + 2 * half))
          : (-(a + half) * (a + b + half) * x) / ((a + 2 * half) * (a + 2 * half + 1));
    d = 1 + numerator * d;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = 1 + numerator / c;
    if (Math.abs(c) < tiny) c = tiny;
    f *= c * d;
    if (Math.abs(1 - c * d) < 1e-12) break;
  }
  return front * (f - 1);
}

/** Lanczos 1964, with the coefficients of Numerical Recipes; good to 2e−10. */
function logGamma(x: number): number {
  const coefficients = [
    76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
    -0.5395239384953e-5,
  ];
  const tmp = x + 5.5 - (x + 0.5) * Math.log(x + 5.5);
  let sum = 1.000000000190015;
  for (const [at, coefficient] of coefficients.entries()) sum += coefficient / (x + 1 + at);
  return -tmp + Math.log((2.5066282746310005 * sum) / x);
}
