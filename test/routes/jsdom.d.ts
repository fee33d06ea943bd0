/** The part of jsdom that the snippet's tests use; its own types would bring the DOM library into the whole project. */
declare module 'jsdom' {
  interface JSDOMWindow {
    document: {
      createElement(
        tag: string,
      ): Record<string, unknown> & { setAttribute(name: string, value: string): void }
      cookie: string
    }
    localStorage: {
      readonly length: number
      getItem(key: string): string | null
      setItem(key: string, value: string): void
    }
    history: { pushState(state: unknown, title: string, url: string): void }
    navigator: object
    Event: new (type: string) => object
    dispatchEvent(event: object): void
    eval(script: string): unknown
    close(): void
  }
  export class JSDOM {
    constructor(html: string, options: { url: string; referrer?: string; runScripts?: 'outside-only' })
    readonly window: JSDOMWindow
  }
}
