'use strict'
/*
 * Stands in for `undici` in bundles (alias "undici" → this file). jsforce imports undici at load, which workerd refuses
 * (it compiles WebAssembly) and which costs a third of a second on Node. Tributary replaces jsforce's transport, so
 * nothing here is ever called: a call would be traffic beside the one door, hence the refusals.
 * CommonJS because jsforce is, and because bundlers and vitest accept only that here.
 */
const refuse = () => {
  throw new Error(
    'jsforce must not open connections of its own: use openClient of connectors/salesforce/client.ts',
  )
}
exports.fetch = refuse
exports.Agent = class Agent {}
exports.ProxyAgent = class ProxyAgent {
  constructor() {
    refuse()
  }
}
exports.Response = globalThis.Response
exports.Request = globalThis.Request
exports.Headers = globalThis.Headers
exports.FormData = globalThis.FormData
exports.errors = { SocketError: class SocketError extends Error {} }
