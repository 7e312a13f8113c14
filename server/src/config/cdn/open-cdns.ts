import type { Cdn } from './cdn.ts'
import { cloudflare } from './cloudflare.ts'
import { cloudfront } from './cloudfront.ts'
import { fastly } from './fastly.ts'
import { varnish } from './varnish.ts'

/** As the settings have it; what a CDN that is named needs is there. */
export interface CdnSettings {
  cdn: readonly ('cloudflare' | 'cloudfront' | 'fastly' | 'varnish')[]
  cdnApiUrl: string | undefined
  cloudflareZone: string | undefined
  cloudflareToken: string | undefined
  cloudfrontDistribution: string | undefined
  awsAccessKeyId: string | undefined
  awsSecretAccessKey: string | undefined
  awsSessionToken: string | undefined
  fastlyService: string | undefined
  fastlyToken: string | undefined
  varnishUrls: string | undefined
}

/** The CDNs that the settings name: of Varnish each one, because each is told by itself. */
export const openCdns = (settings: CdnSettings): Cdn[] => {
  const { cloudflareZone = '', cloudflareToken = '', fastlyService = '', fastlyToken = '' } = settings
  const {
    cloudfrontDistribution = '',
    awsAccessKeyId = '',
    awsSecretAccessKey = '',
    varnishUrls = '',
  } = settings
  const baseUrl = settings.cdnApiUrl?.replace(/\/$/, '')
  const open = {
    cloudflare: () => [cloudflare({ zone: cloudflareZone, token: cloudflareToken, baseUrl })],
    cloudfront: () => [
      cloudfront({
        distribution: cloudfrontDistribution,
        accessKeyId: awsAccessKeyId,
        secretAccessKey: awsSecretAccessKey,
        sessionToken: settings.awsSessionToken,
        baseUrl,
      }),
    ],
    fastly: () => [fastly({ service: fastlyService, token: fastlyToken, baseUrl })],
    varnish: () => varnishUrls.split(',').map((url) => varnish(url.trim())),
  }
  return settings.cdn.flatMap((kind) => open[kind]())
}
