// An authorization server (RFC 6749) and a resource that takes its tokens, for tests. `oidc-provider`
// does what the standards say; of its own there is the grant `password`, so that refresh tokens come
// without a browser, and the grant of RFC 7523, whose assertions `jose` verifies.
//
// Read from standard input, so that packages are those of the working directory. Arguments: seconds
// that tokens live, and the file with the public key of assertions (PEM). Prints its port.
// GET /control tells what was asked for; POST /control/revoke takes every token back.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { jwtVerify } from "jose";
import { errors, Provider } from "oidc-provider";

const [, , life, keyFile] = process.argv;
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const GRANTS = ["client_credentials", "password", "refresh_token", JWT_BEARER];
const seen = { granted: {}, refused: [], resource: [] };
let tokens = [];

async function main() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = (id, method) => ({
    client_id: id,
    client_secret: "a secret/with+all: that=needs%encoding",
    token_endpoint_auth_method: method,
    grant_types: GRANTS,
    redirect_uris: [],
    response_types: [],
    scope: "subscribers.write",
  });
  const provider = new Provider(issuer, {
    clients: [client("nsps:basic", "client_secret_basic"), client("nsps:body", "client_secret_post")],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: ["subscribers.write"],
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: () => +life, ClientCredentials: () => +life, RefreshToken: () => 3600 },
  });

  const give = async (ctx, accountId, refreshable) => {
    const grant = new provider.Grant({ accountId, clientId: ctx.oidc.client.clientId });
    grant.addOIDCScope(ctx.oidc.params.scope ?? "");
    const of = {
      accountId,
      client: ctx.oidc.client,
      grantId: await grant.save(),
      gty: "password",
      scope: ctx.oidc.params.scope,
    };
    const access = new provider.AccessToken(of);
    ctx.body = { access_token: await access.save(), expires_in: access.expiration, token_type: "Bearer" };
    if (refreshable) {
      ctx.body.refresh_token = await new provider.RefreshToken(of).save();
    }
  };
  const password = async (ctx, next) => {
    const { username, password } = ctx.oidc.params;
    if (username !== "nsps" || password !== "pa ss&word=of+user") {
      throw new errors.InvalidGrant("wrong user or password");
    }
    await give(ctx, username, true);
    await next();
  };
  const asserted = async (ctx, next) => {
    const key = createPublicKey(readFileSync(keyFile));
    const options = { issuer: "nsps@project.example", audience: `${issuer}/token`, requiredClaims: ["exp", "iat", "jti"] };
    const verified = await jwtVerify(ctx.oidc.params.assertion, key, options).catch((error) => {
      throw new errors.InvalidGrant(error.message);
    });
    await give(ctx, verified.payload.sub, false);
    await next();
  };
  provider.registerGrantType("password", password, ["username", "password", "scope"]);
  provider.registerGrantType(JWT_BEARER, asserted, ["assertion", "scope"]);

  const keep = (token) => tokens.push(token);
  ["access_token.saved", "client_credentials.saved"].forEach((saved) => provider.on(saved, keep));
  provider.on("grant.success", (ctx) => {
    const grant = ctx.oidc.params.grant_type;
    seen.granted[grant] = (seen.granted[grant] ?? 0) + 1;
  });
  provider.on("grant.error", (ctx, error) => seen.refused.push(`${error.error}: ${error.error_description}`));

  const answer = (ctx, status, body) => Object.assign(ctx, { status, body });
  provider.use(async (ctx, next) => {
    if (ctx.path === "/control") {
      return answer(ctx, 200, seen);
    }
    if (ctx.path === "/control/revoke") {
      await Promise.all(tokens.map((token) => token.destroy()));
      tokens = [];
      return answer(ctx, 200, {});
    }
    if (!ctx.path.startsWith("/api/")) {
      return next();
    }
    const given = /^Bearer (\S+)$/.exec(ctx.get("authorization"))?.[1] ?? "";
    const token = (await provider.ClientCredentials.find(given)) ?? (await provider.AccessToken.find(given));
    seen.resource.push(token?.isValid ? 200 : 401);
    if (token?.isValid) {
      return answer(ctx, 200, { scope: token.scope });
    }
    ctx.set("www-authenticate", 'Bearer error="invalid_token"');
    return answer(ctx, 401, { error: "invalid_token" });
  });
  server.on("request", provider.callback());
  console.log(new URL(issuer).port);
}

await main();
