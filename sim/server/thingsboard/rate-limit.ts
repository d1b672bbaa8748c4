/** So many requests in so many seconds, as a tenant profile's `100:1` says. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

/** Of each device of a server, over whatever transport it asks. */
export class RateLimits<Device extends object> {
  readonly #limit: RateLimit | undefined;
  readonly #buckets = new Map<Device, Bucket>();

  constructor(limit: RateLimit | undefined) {
    this.#limit = limit;
  }

  /** Whether this request is within the limit; it counts. */
  take(device: Device, nowUs: number): boolean {
    if (this.#limit === undefined) return true;
    let bucket = this.#buckets.get(device);
    if (bucket === undefined) {
      bucket = new Bucket(this.#limit);
      this.#buckets.set(device, bucket);
    }
    return bucket.take(nowUs);
  }
}

/** Token bucket of one device: full at first, filled again at an even pace. */
export class Bucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #atUs = 0;

  constructor(limit: RateLimit) {
    this.#limit = limit;
    this.#tokens = limit.requests;
  }

  take(nowUs: number): boolean {
    const { requests, seconds } = this.#limit;
    const filled = ((nowUs - this.#atUs) * requests) / (seconds * 1_000_000);
    this.#tokens = Math.min(requests, this.#tokens + filled);
    this.#atUs = nowUs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
