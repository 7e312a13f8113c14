import type { Cdn } from './cdn.ts'
import { type AwsCredentials, signAws } from './sign-aws.ts'

interface Options extends AwsCredentials {
  distribution: string
  /** Of the API, in place of CloudFront's own. */
  baseUrl?: string | undefined
}

const escapeXml = (text: string): string =>
  text.replace(/[&<>]/g, (letter) => ({ '&': '&amp;', '<': '&lt;' })[letter] ?? '&gt;')

const batchOf = (paths: readonly string[], reference: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?><InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">' +
  `<CallerReference>${reference}</CallerReference><Paths><Items>` +
  paths.map((path) => `<Path>${escapeXml(path)}</Path>`).join('') +
  `</Items><Quantity>${paths.length}</Quantity></Paths></InvalidationBatch>`

/**
 * CloudFront: an invalidation by cache tag (`#tag`; the distribution names Cache-Tag in its CacheTagConfig), or of `/*`. Each
 * item is paid for, `/*` is one. 3,000 may be in progress; more are refused with a 400 that is over when some are done.
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
 */
export const cloudfront = ({
  distribution,
  baseUrl = 'https://cloudfront.amazonaws.com',
  ...credentials
}: Options): Cdn => ({
  name: 'cloudfront',
  tagsMost: 1_000,
  everythingAbove: 1_000,
  request: ({ tags, reference }, at) =>
    signAws(
      {
        method: 'POST',
        url: `${baseUrl}/2020-05-31/distribution/${distribution}/invalidation`,
        headers: { 'Content-Type': 'application/xml' },
        body: batchOf(tags === 'everything' ? ['/*'] : tags.map((tag) => `#${tag}`), reference),
      },
      credentials,
      { region: 'us-east-1', service: 'cloudfront', at },
    ),
  judge: (status, body) =>
    status === 400 && /<Code>(TooManyInvalidationsInProgress|Throttling\w*)</.test(body)
      ? 'later'
      : undefined,
})
