import { expect, test } from 'vitest'
import { signAws } from './sign-aws.ts'

// From AWS's Signature Version 4 test suite, which the AWS General Reference published: post-vanilla, get-vanilla,
// post-header-key-case, get-header-value-trim, post-x-www-form-urlencoded, and post-sts-header-before with its token.
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const how = { region: 'us-east-1', service: 'service', at: new Date('2015-08-30T12:36:00.123Z') }
const url = 'https://example.amazonaws.com/'
const sessionToken =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=='
const form = {
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: 'Param1=value1',
}
const padded = { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' }

test.each([
  [
    'GET',
    { headers: {} },
    {},
    'host;x-amz-date',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'POST',
    { headers: {} },
    {},
    'host;x-amz-date',
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'POST',
    { headers: { 'My-Header1': 'VALUE1' } },
    {},
    'host;my-header1;x-amz-date',
    'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  ],
  [
    'GET',
    { headers: padded },
    {},
    'host;my-header1;my-header2;x-amz-date',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'POST',
    form,
    {},
    'content-type;host;x-amz-date',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'POST',
    { headers: {} },
    { sessionToken },
    'host;x-amz-date;x-amz-security-token',
    '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  ],
] as const)('signs %s %j as AWS does', (method, request, token, names, signature) => {
  const signed = signAws({ method, url, ...request }, { ...credentials, ...token }, how)
  expect(signed).toEqual({
    ...{ method, url, ...request },
    headers: {
      ...request.headers,
      'X-Amz-Date': '20150830T123600Z',
      ...('sessionToken' in token && { 'X-Amz-Security-Token': sessionToken }),
      Authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    },
  })
})
