/** Waiting, but not for ever. */

/** What a promise comes to; undefined where that takes longer than so many milliseconds. */
export async function withTimeout<Value>(milliseconds: number, promise: Promise<Value>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
