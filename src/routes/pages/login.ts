import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { html } from 'hono/html'
import { AuthError, RecordError } from '#kit'
import { type GuardOptions, isSameOrigin } from '../guard.ts'
import { problem } from '../problem.ts'
import { closeSession, isAdminToken, openSession } from '../session.ts'
import { asset, type Markup, page, pageHeaders } from './layout.ts'
import { ICON, STYLE } from './style.ts'

/** The form that turns the admin token into a session cookie, and what it needs to be seen; part of `pageRoutes`. */
export function loginRoutes({ adminToken, now = Date.now }: Pick<GuardOptions, 'adminToken' | 'now'>): Hono {
  const app = new Hono()
  app.get('/style.css', (c) => asset(c, 'text/css; charset=utf-8', STYLE))
  app.get('/icon.svg', (c) => asset(c, 'image/svg+xml', ICON))

  app.get('/login', pageHeaders, (c) => {
    if (!adminToken) return c.redirect('/', 303)
    return c.html(form(localPath(c.req.query('next'))))
  })

  const limit = bodyLimit({
    maxSize: 4096,
    onError: () => problem(new RecordError('request.body_too_large', 'The form is larger than 4096 bytes')),
  })
  app.post('/login', pageHeaders, limit, async (c) => {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase()
    if (!isSameOrigin(c.req.header('origin'), host)) {
      return problem(
        new AuthError('request.forbidden_origin', 'The form was sent by a page of another address'),
      )
    }
    if (!adminToken) return c.redirect('/', 303)
    const { token, next } = await c.req.parseBody()
    const target = localPath(next)
    if (typeof token !== 'string' || !(await isAdminToken(token, adminToken)))
      return c.html(form(target, true), 401)
    await openSession(c, adminToken, now())
    return c.redirect(target, 303)
  })

  app.post('/logout', (c) => {
    closeSession(c)
    return c.redirect('/login', 303)
  })
  return app
}

/** A path of this server; anything that a browser could read as another address becomes the start page. */
function localPath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(next)) return '/'
  return next.includes('\\') ? '/' : next
}

const form = (next: string, isWrong = false): Markup =>
  page({
    title: 'Sign in',
    body: html`<div class="card login">
<h1>Tributary</h1>
<form method="post" action="/login">
<label for="token">Admin token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<input type="hidden" name="next" value="${next}">
${isWrong ? html`<p role="alert" class="tag bad">The token is wrong.</p>` : ''}
<button>Sign in</button>
</form>
<p class="soft">The value of <code>TRIBUTARY_ADMIN_TOKEN</code> on the server.</p>
</div>`,
  })
