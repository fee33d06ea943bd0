/**
 * What came of works side by side, once all of them have ended; then throws what the first that failed has thrown. Unlike
 * Promise.all it leaves nothing running that the next step does not know of and that outlives the process's stop.
 */
export async function whenAllEnd<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(works)
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
}
