/**
 * What analytics.js asks its CDN for before it sends anything: a source without remote destinations whose events come
 * back to us. `sampleRate: 0` keeps the library from reporting its own metrics to its vendor.
 */
export function settingsDocument(writeKey: string, base: URL) {
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${base.host}${base.pathname.replace(/\/(?:v1\/.*)?$/, '')}/v1`,
        protocol: base.protocol.slice(0, -1),
        unbundledIntegrations: [],
        addBundledMetadata: true,
        maybeBundledConfigIds: {},
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: {
      track: { __default: { enabled: true } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  }
}
