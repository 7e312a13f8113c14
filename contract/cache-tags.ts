/** In a notice of the change feed, and as a key of Varnish: all that is stored. */
export const everyTag = '*'

/** The tag that an app's answers carry in `Cache-Tag` and `Surrogate-Key`. */
export const tagOf = (appId: string): string => `app-${appId}`

/** The app that a tag is of; undefined for a tag of something else. */
export const appOfTag = (tag: string): string | undefined =>
  tag.startsWith('app-') ? tag.slice('app-'.length) : undefined
