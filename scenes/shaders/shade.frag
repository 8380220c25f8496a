#version 330
// Surfaces painted by noise, one sun with a shadow map, sky light, up to eight lamps, haze. Linear RGB radiance.
in vec3 world; in vec3 bent; in vec3 albedo; flat in int surface; in vec4 in_sun; in vec3 anchored;
uniform sampler2DShadow sun_depth; uniform sampler2DShadow sky_depth; uniform mat4 sky_view;
uniform vec3 sun; uniform vec3 sunlight; uniform vec3 sky; uniform vec3 ground; uniform vec3 eye;
uniform float wet; uniform float haze; uniform float glow;
uniform int lamps; uniform vec3 lamp_at[8]; uniform vec3 lamp_light[8]; uniform vec3 lamp_aim[8];
out vec4 lit;

float hash(vec3 p) { p = fract(p * .3183099 + vec3(.1, .17, .13)); p *= 17.; return fract(p.x * p.y * p.z * (p.x + p.y + p.z)); }
float noise(vec3 x) {
  vec3 i = floor(x), f = fract(x); f = f * f * (3. - 2. * f);
  return mix(mix(mix(hash(i), hash(i + vec3(1, 0, 0)), f.x), mix(hash(i + vec3(0, 1, 0)), hash(i + vec3(1, 1, 0)), f.x), f.y),
             mix(mix(hash(i + vec3(0, 0, 1)), hash(i + vec3(1, 0, 1)), f.x), mix(hash(i + vec3(0, 1, 1)), hash(i + vec3(1)), f.x), f.y), f.z);
}
float cloud(vec3 p) { return .55 * noise(p) + .3 * noise(p * 2.03) + .15 * noise(p * 4.1); }
vec3 rough(vec3 n, vec3 p, float amount) { return normalize(n + amount * (vec3(noise(p), noise(p + 7.), noise(p + 3.)) - .5)); }

vec3 paved(vec3 c, vec2 u, float joint) {
  vec2 e = abs(fract(u) - .5);
  return c * mix(1., .6, smoothstep(joint, joint + .02, max(e.x, e.y))) * (.7 + .2 * hash(vec3(floor(u), 1.)) + .4 * cloud(world * 1.2));
}

void main() {
  vec3 to_eye = normalize(eye - world), n = dot(bent, bent) > 1e-8 ? normalize(bent) : vec3(0, 0, 1), c = albedo;
  if (dot(n, to_eye) < 0.) n = -n;
  float gloss = .04, sharp = 8., shines = 0.;
  if (surface == 1) {  // asphalt
    c *= .55 + .6 * cloud(world * .35) + .35 * noise(world * 9.) + .25 * (noise(world * 60.) - .5);
    c *= mix(.6, 1., smoothstep(0., .012, abs(cloud(world * .8) - .5)));
  } else if (surface == 2) c = paved(c, world.xy / .4, .47);
  else if (surface == 5) { vec2 u = world.xy / vec2(.12, .24); u.y += .5 * mod(floor(u.x), 2.); c = paved(c, u, .45); }  // bricks
  else if (surface == 3 || surface == 8) {  // wall, with windows
    c *= .65 + .55 * cloud(world * vec3(1., 1., .35));
    if (surface == 8) {
      vec2 u = vec2(world.y / 1.55, (world.z - 3.6) / 2.6), w = fract(u);
      if (world.z > 3.6 && w.x > .25 && w.x < .72 && w.y > .2 && w.y < .75) { c = vec3(.03, .04, .05) * (1. + 2. * hash(vec3(floor(u), 2.))); gloss = .2; }
      c *= mix(.65, 1., smoothstep(0., 1.2, world.z));
    }
  } else if (surface == 4) c = mix(c, vec3(.6), step(.5, fract((anchored.x + anchored.y) * 3.)));  // stripes
  else if (surface == 6) c *= .7 + .4 * step(.35, fract(anchored.z * 9.)) + .2 * cloud(anchored * 2.) - .1;  // shutter
  else if (surface == 7) { gloss = .12; sharp = 60.; c *= .9 + .2 * noise(anchored * 2.); }  // glossy
  else if (surface == 9) {  // a shop sign with something like writing
    float stroke = step(.35, hash(vec3(floor(anchored.y * 5.), floor(anchored.z * 7.), 3.))) * step(abs(anchored.z - 2.95), .17);
    c = mix(c, vec3(.75) - c, stroke * .85); shines = .35;
  } else if (surface == 10) c *= .4 + 1.3 * noise(world * 7.);  // foliage
  else if (surface == 11) { gloss = .08; sharp = 40.; c *= .7 + .8 * cloud(anchored * 9.); n = rough(n, anchored * 14., .9); }  // plastic
  else if (surface == 12) { c *= .72 + .55 * cloud(anchored * vec3(9., 9., 5.)); n = rough(n, anchored * 11., .35); }  // cloth
  else if (surface == 13) { gloss = .12; sharp = 60.; shines = 5.; }  // a lamp's glass
  else if (surface == 14) c *= .5 + .6 * cloud(world * .7) + .45 * noise(world * 11.) * noise(world * 3.);  // earth
  else if (surface == 15) {  // concrete in slabs
    vec2 e = abs(fract(world.xy / 3.1) - .5);
    c *= (.62 + .5 * cloud(world * .5) + .12 * noise(world * 22.)) * mix(1., .7, smoothstep(.492, .497, max(e.x, e.y)));
  } else if (surface == 16) { gloss = .14; sharp = 60.; c *= .7 + .6 * cloud(world * .9); }  // spilt water
  else c *= .85 + .3 * noise(anchored * 6.);
  if (surface == 1 || surface == 2 || surface == 5 || surface >= 14) {  // water darkens the ground, and stands in its hollows
    float water = wet * mix(.35, 1., smoothstep(.42, .66, cloud(world * .9 + 3.)));
    c *= 1. - .55 * water; gloss += .1 * water; sharp = mix(8., 60., water);
  }

  vec3 l = in_sun.xyz / in_sun.w * .5 + .5; float lit_share = 0.;
  for (int i = 0; i < 4; i++) lit_share += texture(sun_depth, vec3(l.xy + (vec2(i & 1, i >> 1) - .5) / 1400., l.z - .0012)) / 4.;
  if (any(lessThan(l.xy, vec2(0))) || any(greaterThan(l.xy, vec2(1)))) lit_share = 1.;
  float facing = max(dot(n, sun), 0.), shine = pow(max(dot(n, normalize(sun + to_eye)), 0.), sharp);
  float rim = gloss + (1. - gloss) * pow(clamp(1. - dot(n, to_eye), 0., 1.), 5.) * gloss * 2.5;
  // What stands near takes sky light away: depth from straight above, sampled in a disc.
  vec4 t = sky_view * vec4(world + n * .04, 1); vec3 tl = t.xyz / t.w * .5 + .5; float open = 0., spin = hash(vec3(gl_FragCoord.xy, 1.)) * 6.28;
  for (int i = 0; i < 6; i++) { float r = sqrt((float(i) + .5) / 6.) * .02, a = float(i) * 2.4 + spin; open += texture(sky_depth, vec3(tl.xy + r * vec2(cos(a), sin(a)), tl.z - .0015)) / 6.; }
  vec3 ambient = mix(ground, sky, n.z * .5 + .5) * mix(.38, 1., open);
  vec3 total = c * (ambient + sunlight * facing * lit_share) + sunlight * lit_share * shine * gloss * 2.;
  total += rim * mix(ground, sky, clamp(reflect(-to_eye, n).z * .5 + .5, 0., 1.)) * 1.2 + c * glow * shines;
  for (int i = 0; i < lamps; i++) {
    vec3 d = lamp_at[i] - world; float q = dot(d, d); d *= inversesqrt(q);
    float beam = dot(lamp_aim[i], lamp_aim[i]) > 0. ? smoothstep(.86, .98, dot(-d, lamp_aim[i])) : 1.;
    total += c * lamp_light[i] * beam * max(dot(n, d), 0.) / (1. + q);
  }
  lit = vec4(mix(total, sky * .9, 1. - exp(-length(eye - world) * haze)), 1);
}
