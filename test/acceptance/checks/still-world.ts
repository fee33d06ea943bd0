/** Runs something in which time and chance do not exist: looking at a clock or throwing a die fails. */
export function inStillWorld<T>(run: () => T): T {
  const { Date: RealDate } = globalThis
  const { random } = Math
  const refuse = (what: string) => (): never => {
    throw new Error(`map is not pure: it uses ${what}`)
  }
  globalThis.Date = new Proxy(RealDate, {
    construct(target, args: unknown[]) {
      if (args.length === 0) refuse('the clock (new Date())')()
      return Reflect.construct(target, args)
    },
    apply: refuse('the clock (Date())'),
    get: (target, name) =>
      name === 'now' ? refuse('the clock (Date.now())') : Reflect.get(target, name, target),
  })
  Math.random = refuse('chance (Math.random())')
  try {
    return run()
  } finally {
    globalThis.Date = RealDate
    Math.random = random
  }
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
  return value
}
