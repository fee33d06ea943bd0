/**
 * The browser snippet, as served: plain JavaScript of 2019, no dependencies, readable in the browser's own tools.
 * It is text because it must reach the browser byte for byte, whatever bundles the server.
 */
export const SNIPPET = String.raw`(function (w, d) {
  var tag = d.currentScript, option = function (name) { return tag.getAttribute('data-' + name) }
  if (!tag || !option('key') || (w.tributary && w.tributary.track)) return
  var n = w.navigator, host = option('host') || tag.src.replace(/\/t\.js.*$/, '')
  var early = Array.isArray(w.tributary) ? w.tributary : []
  var optedOut = option('respect-gpc') === 'true' && (n.globalPrivacyControl || n.doNotTrack === '1')
  var PREFIX = 'tributary_', MAX_QUEUE = 100, MAX_BATCH = 20, MAX_BYTES = 6e4

  // localStorage, a cookie where it is blocked, memory where both are.
  var memory = {}
  function read(name) {
    try { var kept = w.localStorage.getItem(PREFIX + name); if (kept !== null) return JSON.parse(kept) } catch (e) {}
    var match = d.cookie.match('(?:^|; )' + PREFIX + name + '=([^;]*)')
    try { if (match) return JSON.parse(decodeURIComponent(match[1])) } catch (e) {}
    return memory[name]
  }
  function write(name, value, noCookie) {
    memory[name] = value
    try { w.localStorage.setItem(PREFIX + name, JSON.stringify(value)); return } catch (e) {}
    if (!noCookie) d.cookie = PREFIX + name + '=' + encodeURIComponent(JSON.stringify(value)) + ';path=/;max-age=31536000;samesite=lax' + (w.location.protocol === 'https:' ? ';secure' : '')
  }
  function uuid() {
    if (w.crypto && w.crypto.randomUUID) return w.crypto.randomUUID()
    return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, function () { return ((Math.random() * 16) | 0).toString(16) })
  }

  var consent = read('consent')
  function isAllowed() {
    if (optedOut) return false
    if (consent && consent.Analytics === false) return false
    return option('consent') !== 'required' || !!consent
  }
  function anonymousId() {
    var id = read('id')
    if (!id) write('id', (id = uuid()))
    return id
  }

  var referrer = d.referrer
  function context() {
    var l = w.location, campaign, zone
    new URLSearchParams(l.search).forEach(function (value, name) {
      if (/^utm_./.test(name)) (campaign = campaign || {})[name === 'utm_campaign' ? 'name' : name.slice(4)] = value
    })
    try { zone = Intl.DateTimeFormat().resolvedOptions().timeZone } catch (e) {}
    return {
      library: { name: 'tributary.js', version: '1' },
      page: { url: l.href, path: l.pathname, search: l.search, title: d.title, referrer: referrer },
      campaign: campaign, userAgent: n.userAgent, locale: n.language, timezone: zone,
      webdriver: n.webdriver || undefined,
      consent: consent ? { categoryPreferences: consent } : undefined
    }
  }

  var queue = read('queue') || [], sending, timer, failures = 0
  function send(type, fields, isLast) {
    // Held back calls wait for consent in memory only; nothing is stored before it.
    if (!isAllowed() && !isLast) { if (!optedOut && !consent) held.push([type, fields]); return }
    var event = { type: type, messageId: uuid(), timestamp: new Date().toISOString(), anonymousId: anonymousId(), userId: read('user') || undefined, context: context() }
    for (var name in fields) event[name] = fields[name]
    queue.push(event)
    if (queue.length > MAX_QUEUE) queue.shift()
    later(50)
  }
  var held = []
  function later(ms) { if (!timer) timer = setTimeout(function () { timer = 0; flush() }, ms) }
  function body(events) { return JSON.stringify({ writeKey: option('key'), sentAt: new Date().toISOString(), batch: events }) }
  function take() {
    var events = queue.slice(0, MAX_BATCH)
    while (events.length > 1 && body(events).length > MAX_BYTES) events.pop()
    return events
  }
  function flush() {
    if (sending) return sending
    if (!queue.length) return Promise.resolve()
    var events = take(), text = body(events)
    // text/plain needs no preflight; keepalive lets the request outlive the page.
    return (sending = w.fetch(host + '/v1/batch', { method: 'POST', body: text, credentials: 'omit', keepalive: text.length < MAX_BYTES, headers: { 'content-type': 'text/plain' } })
      .then(function (answer) { return answer.status >= 500 || answer.status === 429 }, function () { return true })
      .then(function (mayRetry) {
        sending = 0
        failures = mayRetry ? failures + 1 : 0
        if (!mayRetry) queue = queue.filter(function (event) { return events.indexOf(event) < 0 })
        write('queue', mayRetry ? queue : [], true)
        if (mayRetry) later(Math.min(3e5, 1e3 * Math.pow(2, failures)))
        else if (queue.length) return flush()
      }))
  }
  // The page may end now: hand over everything that was not answered; a repeat collapses by messageId.
  w.addEventListener('pagehide', function () {
    for (var events = take(); events.length && n.sendBeacon && n.sendBeacon(host + '/v1/batch', body(events)); events = take()) queue = queue.slice(events.length)
    write('queue', queue, true)
  })

  var api = (w.tributary = {
    page: function (name, properties) {
      if (name && typeof name === 'object') { properties = name; name = undefined }
      send('page', { name: name, properties: properties || {} })
    },
    track: function (event, properties) { send('track', { event: event, properties: properties || {} }) },
    identify: function (id, traits) {
      if (id && typeof id === 'object') { traits = id; id = undefined }
      if (id && isAllowed()) write('user', String(id))
      send('identify', id ? { userId: String(id), traits: traits || {} } : { traits: traits || {} })
    },
    group: function (id, traits) { send('group', { groupId: String(id), traits: traits || {} }) },
    /** Categories that the visitor allowed or refused: consent({ Analytics: true, Advertising: false }). */
    consent: function (categories) {
      var was = isAllowed()
      write('consent', (consent = categories))
      var waiting = held.splice(0)
      if (isAllowed()) waiting.forEach(function (call) { send(call[0], call[1]) })
      // A withdrawal is told once, so that it can be honoured; a refusal from the start sends nothing.
      send('track', { event: 'Segment Consent Preference Updated', properties: {} }, was)
    },
    reset: function () { write('user', ''); write('id', uuid()) },
    flush: flush,
    push: function (call) { api[call[0]].apply(api, call.slice(1)) }
  })

  if (option('auto') !== 'false') {
    var seen = w.location.href, pushState = w.history.pushState, arrived = function () {
      if (w.location.href.split('#')[0] === seen.split('#')[0]) return
      referrer = seen
      seen = w.location.href
      api.page()
    }
    w.history.pushState = function () { pushState.apply(this, arguments); arrived() }
    w.addEventListener('popstate', arrived)
    api.page()
  }
  // A plain form that is sent to the hub carries the visitor along, where the visitor allows it.
  d.addEventListener('submit', function (event) {
    var form = event.target, field = 'action' in form && String(form.action).indexOf(host + '/f/') === 0 && isAllowed() && d.createElement('input')
    if (!field || form.elements['_anonymous_id']) return
    field.type = 'hidden'; field.name = '_anonymous_id'; field.value = anonymousId()
    form.appendChild(field)
  }, true)
  early.forEach(api.push)
  if (queue.length) later(50)
})(window, document)
`
