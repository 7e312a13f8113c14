import { expect, test } from 'vitest'
import { docsAsset, docsPage } from './docs-page.ts'

test('200: a page whose every address is relative and whose policy allows this origin alone', async () => {
  const response = await docsPage()
  expect(response.status).toBe(200)
  expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; script-src 'self';/)
  expect(response.headers.get('Content-Security-Policy')).not.toMatch(/unsafe|\*|http/)
  const page = await response.text()
  expect(page).not.toMatch(/(src|href)="(\/|\w+:)/)
  expect(page).not.toMatch(/<script>|<style|style=|\son\w+=/)
})

test('200: every file that the page names, with its type', async () => {
  const page = await (await docsPage()).text()
  const names = [...page.matchAll(/"docs\/([^"]+)"/g)].map(([, name = '']) => name)
  expect(names).toHaveLength(4)
  for (const name of names) {
    const response = await docsAsset(name)
    expect(response?.headers.get('Content-Type')).toMatch(
      /^(text\/(javascript|css); charset=utf-8|image\/png)$/,
    )
    expect(response?.headers.get('Cache-Control')).toBe('public, max-age=86400')
    expect((await response?.arrayBuffer())?.byteLength).toBeGreaterThan(100)
  }
})

test('the same file again is the same content', async () => {
  const first = await (await docsAsset('swagger-ui.css'))?.text()
  expect(await (await docsAsset('swagger-ui.css'))?.text()).toBe(first)
})

test('null: anything else, above all paths out of the folder', async () => {
  for (const name of ['', 'index.html', '../package.json', '..%2fpackage.json', 'constructor', '__proto__']) {
    expect(await docsAsset(name)).toBeNull()
  }
})
