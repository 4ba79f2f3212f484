"""A service that has its tokens made by the Python client of SuperTokens. It prints what the client gave it, as JSON, for the test that runs it."""
import json
import os

import jwt as pyjwt
from supertokens_python import InputAppInfo, SupertokensConfig, init
from supertokens_python.querier import Querier
from supertokens_python.recipe import jwt, openid, session
from supertokens_python.recipe.jwt.interfaces import CreateJwtOkResult
from supertokens_python.recipe.jwt.syncio import create_jwt, get_jwks
from supertokens_python.recipe.openid import syncio as openid_syncio
from supertokens_python.recipe.session.jwks import get_latest_keys
from supertokens_python.recipe.session.recipe import SessionRecipe

API_DOMAIN = "http://api.example.com"
PAYLOAD = {"source": "microservice"}

init(
    supertokens_config=SupertokensConfig(
        connection_uri=os.environ["CONNECTION_URI"], api_key=os.environ["API_KEY"]
    ),
    app_info=InputAppInfo(
        app_name="service", api_domain=API_DOMAIN, website_domain="http://www.example.com"
    ),
    framework="flask",
    recipe_list=[jwt.init(), openid.init(), session.init()],
    telemetry=False,
)


def token_of(created):
    if not isinstance(created, CreateJwtOkResult):
        raise SystemExit(f"no token: {created}")
    return created.jwt


tokens = {
    "usual": token_of(create_jwt(PAYLOAD)),
    "short": token_of(create_jwt(PAYLOAD, 60)),
    "rotating": token_of(create_jwt(PAYLOAD, None, False)),
    "openid": token_of(openid_syncio.create_jwt(PAYLOAD)),
}


def verify(token):
    """Verifies a token by the keys that the client itself verifies those of users with."""
    kid = pyjwt.get_unverified_header(token)["kid"]
    key = get_latest_keys(SessionRecipe.get_instance().config, kid)[0]
    return pyjwt.decode(token, key.key, algorithms=["RS256"])


found = openid_syncio.get_open_id_discovery_configuration()
verified = {name: verify(token) for name, token in tokens.items()}
assert verified["openid"]["iss"] == found.issuer, found.issuer
assert found.jwks_uri == API_DOMAIN + "/auth/jwt/jwks.json", found.jwks_uri
print(
    json.dumps(
        {
            "apiDomain": API_DOMAIN,
            "version": Querier.api_version,
            "tokens": tokens,
            "keys": [vars(key) for key in get_jwks().keys],
            "verified": verified,
        }
    )
)
