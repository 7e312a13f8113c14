import type { Setting } from './setting-types.ts'

const KINDS = ['cloudflare', 'cloudfront', 'fastly', 'varnish'] as const

/** CDNs in front that are told of each change; docs/cdn.md says what to switch on there. */
export const cdnSettings = {
  cdn: {
    name: 'PARASOL_CDN',
    type: 'list',
    default: [],
    of: KINDS,
    doc: 'CDNs in front, which are told to forget what a release changes; empty: none. See [CDNs](cdn.md).',
  },
  cloudflareZone: {
    name: 'PARASOL_CLOUDFLARE_ZONE',
    type: 'string',
    pattern: /^[A-Za-z0-9]+$/,
    patternDoc: 'letters and digits',
    doc: 'Id of the Cloudflare zone.',
  },
  cloudflareToken: {
    name: 'PARASOL_CLOUDFLARE_TOKEN',
    type: 'string',
    secret: true,
    doc: 'API token with the permission Cache Purge on that zone.',
  },
  cloudfrontDistribution: {
    name: 'PARASOL_CLOUDFRONT_DISTRIBUTION',
    type: 'string',
    pattern: /^[A-Za-z0-9]+$/,
    patternDoc: 'letters and digits',
    doc: 'Id of the CloudFront distribution.',
  },
  awsAccessKeyId: {
    name: 'AWS_ACCESS_KEY_ID',
    type: 'string',
    doc: 'Of whoever may `cloudfront:CreateInvalidation` there.',
  },
  awsSecretAccessKey: {
    name: 'AWS_SECRET_ACCESS_KEY',
    type: 'string',
    secret: true,
    doc: 'Secret of that key.',
  },
  awsSessionToken: {
    name: 'AWS_SESSION_TOKEN',
    type: 'string',
    secret: true,
    doc: 'Of credentials that end; empty for those of a user.',
  },
  fastlyService: {
    name: 'PARASOL_FASTLY_SERVICE',
    type: 'string',
    pattern: /^[A-Za-z0-9]+$/,
    patternDoc: 'letters and digits',
    doc: 'Id of the Fastly service.',
  },
  fastlyToken: {
    name: 'PARASOL_FASTLY_TOKEN',
    type: 'string',
    secret: true,
    doc: 'API token with the scopes `purge_select` and `purge_all`.',
  },
  varnishUrls: {
    name: 'PARASOL_VARNISH_URLS',
    type: 'url',
    schemes: ['http', 'https'],
    several: true,
    doc: 'Each Varnish, as this process reaches it; several with commas.',
  },
  cdnApiUrl: {
    name: 'PARASOL_CDN_API_URL',
    type: 'url',
    schemes: ['http', 'https'],
    doc: "Where the CDN's API is asked instead of at its vendor's address, such as a proxy for what leaves the network. Not for Varnish.",
  },
} as const satisfies Record<string, Setting>

const needed = {
  cloudflare: ['cloudflareZone', 'cloudflareToken'],
  cloudfront: ['cloudfrontDistribution', 'awsAccessKeyId', 'awsSecretAccessKey'],
  fastly: ['fastlyService', 'fastlyToken'],
  varnish: ['varnishUrls'],
} as const

type Values = { readonly [Field in keyof typeof cdnSettings]?: unknown } & {
  readonly cdn: readonly (keyof typeof needed)[]
}

/** A line for each setting that a CDN needs and does not have. */
export const missingForCdn = (values: Values): string[] =>
  values.cdn.flatMap((kind) =>
    needed[kind]
      .filter((field) => values[field] === undefined)
      .map(
        (field) =>
          `${cdnSettings[field].name} is not set, but PARASOL_CDN names ${kind}, which needs it. Set it, or leave ${kind} out.`,
      ),
  )
