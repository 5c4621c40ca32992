// Numbers and times as people read them.

/** Bytes: 312, 4.2k, 1.3M. */
export function size(bytes) {
  if (bytes === undefined) {
    return "";
  }
  for (const [unit, factor] of [["G", 2 ** 30], ["M", 2 ** 20], ["k", 2 ** 10]]) {
    if (bytes >= factor) {
      const count = bytes / factor;
      return `${count < 10 ? count.toFixed(1) : Math.round(count)}${unit}`;
    }
  }
  return String(bytes);
}

/** The same in words: 312 bytes, 4.2k. */
export function sizeInWords(bytes) {
  return bytes < 1024 ? `${bytes} ${bytes === 1 ? "byte" : "bytes"}` : size(bytes);
}

/** Microseconds: 320µs, 12ms, 3.4s, 2m 10s. */
export function duration(micros) {
  if (micros === undefined) {
    return "";
  }
  if (micros < 1_000) {
    return `${micros}µs`;
  }
  if (micros < 10_000) {
    return `${(micros / 1_000).toFixed(1)}ms`;
  }
  if (micros < 1_000_000) {
    return `${Math.round(micros / 1_000)}ms`;
  }
  if (micros < 60_000_000) {
    return `${(micros / 1_000_000).toFixed(micros < 10_000_000 ? 2 : 1)}s`;
  }
  return `${Math.floor(micros / 60_000_000)}m ${Math.round((micros % 60_000_000) / 1_000_000)}s`;
}

/** The time of day of a moment. */
export function clock(millis, withFraction = false) {
  const time = new Date(millis);
  const two = (n) => String(n).padStart(2, "0");
  const text = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return withFraction ? `${text}.${String(time.getMilliseconds()).padStart(3, "0")}` : text;
}

/** A count with its thousands apart. */
export function count(n) {
  return n.toLocaleString("en");
}

/** Host and port, without the port that the scheme has of itself. */
export function authority(flow) {
  const own = flow.scheme === "http" ? 80 : 443;
  const host = flow.host.includes(":") && !flow.host.startsWith("[") ? `[${flow.host}]` : flow.host;
  return flow.port === own ? host : `${host}:${flow.port}`;
}

/** The value of a field, whatever the case of its name; empty where there is none. */
export function field(fields, name) {
  const found = fields?.find(([each]) => each.toLowerCase() === name);
  return found ? found[1] : "";
}
