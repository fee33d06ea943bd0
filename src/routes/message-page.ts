import { html } from 'hono/html'

/** A page that says one thing to whoever has come from elsewhere and goes on from there: no menu, nothing to load. */
export const messagePage = ({ title, text, tab = title }: { title: string; text: string; tab?: string }) =>
  html`<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${tab}</title>
  <style>body { font: 16px/1.5 system-ui; margin: 20vh auto; max-width: 34rem; padding: 0 1rem; color-scheme: light dark }</style>
  <h1>${title}</h1>
  <p>${text}</p>
</html>`
