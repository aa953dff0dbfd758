package opcua

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"
	"github.com/gopcua/opcua/uasc"

	"recoup/agent"
)

const (
	// rsaSHA256 is how Basic256Sha256 signs.
	rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

	nonceSize      = 32
	renewOwnBefore = 60 * 24 * time.Hour
)

// peer is the server as it may be talked to: nil when there is no security.
type peer struct {
	identity
	cert   *x509.Certificate
	tokens []*ua.UserTokenPolicy
}

// connect opens a channel and a session on it, with the configured security and
// no other. An error has its Reason.
func (d *Driver) connect(ctx context.Context) (*channel, error) {
	security := uasc.Config{SecurityPolicyURI: ua.SecurityPolicyURINone, SecurityMode: ua.MessageSecurityModeNone}
	var p *peer
	if d.section.secure() {
		var err error
		if p, err = d.meet(ctx); err != nil {
			return nil, err
		}
		security = uasc.Config{
			SecurityPolicyURI: ua.SecurityPolicyURIBasic256Sha256, SecurityMode: ua.MessageSecurityModeSignAndEncrypt,
			Certificate: p.identity.cert, LocalKey: p.key, RemoteCertificate: p.cert.Raw, Thumbprint: uapolicy.Thumbprint(p.cert.Raw),
		}
	}
	c, err := d.dial(ctx, security)
	if err != nil {
		return nil, err
	}
	if err := d.login(ctx, c, p); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// meet loads the own certificate, asks the server without security for its own,
// and sees whether it is trusted.
func (d *Driver) meet(ctx context.Context) (*peer, error) {
	id, err := d.pki.identity(d.clock.Wall())
	if err != nil {
		return nil, agent.Because(agent.Refused, err)
	}
	if left := id.ends.Sub(d.clock.Wall()); left < renewOwnBefore {
		d.log.Warn("own OPC UA certificate ends", "source", d.source, "certificate", d.pki.own(ownCert), "ends", id.ends)
	}
	c, err := d.dial(ctx, uasc.Config{SecurityPolicyURI: ua.SecurityPolicyURINone, SecurityMode: ua.MessageSecurityModeNone})
	if err != nil {
		return nil, err
	}
	defer c.close()
	list, err := ask[*ua.GetEndpointsResponse](ctx, c, &ua.GetEndpointsRequest{EndpointURL: d.section.Endpoint})
	if err != nil {
		return nil, explain(ctx, "the server does not list its endpoints", err)
	}
	var offers []string
	for _, e := range list.Endpoints {
		if e.SecurityPolicyURI == ua.SecurityPolicyURIBasic256Sha256 && e.SecurityMode == ua.MessageSecurityModeSignAndEncrypt {
			cert, err := d.pki.trust(e.ServerCertificate)
			if err != nil {
				return nil, err
			}
			return &peer{identity: id, cert: cert, tokens: e.UserIdentityTokens}, nil
		}
		_, policy, _ := strings.Cut(e.SecurityPolicyURI, "#")
		offers = append(offers, policy+" "+strings.TrimPrefix(e.SecurityMode.String(), "MessageSecurityMode"))
	}
	return nil, agent.Because(agent.Refused, fmt.Errorf(
		"the server does not offer Basic256Sha256 with SignAndEncrypt, only %q; enable it there (security: none with insecure: true is the other way)", offers))
}

// login creates and activates a session on the channel.
func (d *Driver) login(ctx context.Context, c *channel, p *peer) error {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	req := &ua.CreateSessionRequest{
		ClientDescription: &ua.ApplicationDescription{ApplicationURI: "urn:recoup", ProductURI: "urn:recoup",
			ApplicationName: ua.NewLocalizedText("recoup"), ApplicationType: ua.ApplicationTypeClient},
		EndpointURL: d.section.Endpoint, SessionName: "recoup " + d.source, ClientNonce: nonce, RequestedSessionTimeout: milliseconds(d.sessionTimeout()),
	}
	if p != nil {
		req.ClientDescription.ApplicationURI, req.ClientCertificate = p.uri, p.identity.cert
		if err := c.kept(p); err != nil {
			return err
		}
	}
	made, err := ask[*ua.CreateSessionResponse](ctx, c, req)
	if err != nil {
		return explain(ctx, "no session", err)
	}
	if err := c.proven(p, made, nonce); err != nil {
		return err
	}
	activate := &ua.ActivateSessionRequest{ClientSignature: &ua.SignatureData{}, UserTokenSignature: &ua.SignatureData{}, LocaleIDs: []string{"en"}}
	if p != nil {
		sig, algorithm, err := c.secure.NewSessionSignature(slices.Clip(made.ServerCertificate), made.ServerNonce)
		if err != nil {
			return agent.Because(agent.Refused, fmt.Errorf("the session cannot be signed: %w", err))
		}
		activate.ClientSignature = &ua.SignatureData{Algorithm: algorithm, Signature: sig}
	}
	token, err := d.userToken(c, p, made)
	if err != nil {
		return err
	}
	activate.UserIdentityToken = ua.NewExtensionObject(token)
	c.token = made.AuthenticationToken
	if _, err := ask[*ua.ActivateSessionResponse](ctx, c, activate); err != nil {
		return explain(ctx, "the server does not let recoup in (check user and password_file, and that the server trusts "+d.pki.own(ownCert)+")", err)
	}
	return nil
}

// sessionTimeout outlives the pause between two polls.
func (d *Driver) sessionTimeout() time.Duration {
	longest := time.Minute
	for _, tag := range d.tags {
		longest = max(longest, 3*tag.Every)
	}
	return longest
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// kept makes sure that the channel has the security that was asked for: the
// library takes over the policy that the server's answer names.
func (c *channel) kept(p *peer) error {
	_, algorithm, err := c.secure.NewSessionSignature(slices.Clip(p.cert.Raw), nil)
	if err != nil || algorithm != rsaSHA256 {
		return agent.Because(agent.Refused, errors.New("the server answered with other security than asked for; somebody may be tampering with the connection: look for a device between recoup and the server"))
	}
	return nil
}

// proven makes sure that the session is with the holder of the trusted
// certificate's key.
func (c *channel) proven(p *peer, made *ua.CreateSessionResponse, nonce []byte) error {
	if p == nil {
		return nil
	}
	wrong := agent.Because(agent.Refused, errors.New("the server cannot prove that it holds its certificate's key: look for a device between recoup and the server"))
	chain, err := x509.ParseCertificates(made.ServerCertificate)
	if err != nil || len(chain) == 0 || !chain[0].Equal(p.cert) || made.ServerSignature == nil {
		return wrong
	}
	if c.secure.VerifySessionSignature(p.cert.Raw, nonce, made.ServerSignature.Signature) != nil {
		return wrong
	}
	return nil
}

// userToken says who reads: the user, or nobody in particular.
func (d *Driver) userToken(c *channel, p *peer, made *ua.CreateSessionResponse) (any, error) {
	if p == nil {
		return &ua.AnonymousIdentityToken{PolicyID: anonymousPolicy(made.ServerEndpoints)}, nil
	}
	kind, fix := ua.UserTokenTypeAnonymous, "write user and password_file"
	if d.section.User != "" {
		kind, fix = ua.UserTokenTypeUserName, "leave user and password_file out, or enable users on the server"
	}
	for _, t := range p.tokens {
		switch {
		case t.TokenType != kind:
		case kind == ua.UserTokenTypeAnonymous:
			return &ua.AnonymousIdentityToken{PolicyID: t.PolicyID}, nil
		default:
			return d.passwordToken(c, p, t, made.ServerNonce)
		}
	}
	return nil, agent.Because(agent.Refused, fmt.Errorf("the server takes no %s (%s)", strings.TrimPrefix(kind.String(), "UserTokenType"), fix))
}

func (d *Driver) passwordToken(c *channel, p *peer, policy *ua.UserTokenPolicy, nonce []byte) (any, error) {
	text, err := os.ReadFile(d.section.PasswordFile)
	if err != nil {
		return nil, agent.Because(agent.Refused, fmt.Errorf("password_file (put the file there, or correct the path): %w", err))
	}
	password := strings.Trim(strings.TrimPrefix(string(text), "\ufeff"), "\r\n")
	secret, algorithm, err := c.secure.EncryptUserPassword(policy.SecurityPolicyURI, password, p.cert.Raw, nonce)
	if err != nil {
		return nil, agent.Because(agent.Refused, fmt.Errorf("the password cannot be encrypted as the server asks: %w", err))
	}
	return &ua.UserNameIdentityToken{PolicyID: policy.PolicyID, UserName: d.section.User, Password: secret, EncryptionAlgorithm: algorithm}, nil
}

// anonymousPolicy is the name under which a server without security takes
// anybody.
func anonymousPolicy(endpoints []*ua.EndpointDescription) string {
	for _, e := range endpoints {
		for _, t := range e.UserIdentityTokens {
			if e.SecurityPolicyURI == ua.SecurityPolicyURINone && t.TokenType == ua.UserTokenTypeAnonymous {
				return t.PolicyID
			}
		}
	}
	return "Anonymous"
}
