/** For every answer that a page of any origin may read: public configs, and refusals in their place. */
export const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Last-Modified, Cache-Status, X-Request-Id, Retry-After',
} as const
